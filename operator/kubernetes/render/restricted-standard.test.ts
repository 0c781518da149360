/** The checker refuses each thing that the standard refuses, and nothing else. */
import type {
  V1Container,
  V1PodSecurityContext,
  V1PodSpec,
  V1PodTemplateSpec,
  V1SecurityContext,
} from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { restrictedViolations } from './restricted-standard.ts';

type Changes<T> = { readonly [Field in keyof T]?: T[Field] };

const admitted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const admittedPod = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

/** An admitted pod of one container, with these changes. */
function podOf(pod: Changes<V1PodSpec>, container: Changes<V1Container> = {}): Changes<V1PodTemplateSpec> {
  return {
    spec: {
      securityContext: admittedPod,
      ...pod,
      containers: [{ name: 'a', securityContext: admitted, ...container }],
    },
  };
}

const security = (changes: Changes<V1SecurityContext>) => podOf({}, { securityContext: { ...admitted, ...changes } });
const pods = (changes: Changes<V1PodSecurityContext>) => podOf({ securityContext: { ...admittedPod, ...changes } });

describe('the restricted standard', () => {
  it.each<[string, Changes<V1PodTemplateSpec>]>([
    ['a plain pod', podOf({})],
    ['the one capability that may be added', security({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })],
    [
      'a container that says itself that it is not root',
      {
        spec: {
          containers: [
            {
              name: 'a',
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                runAsNonRoot: true,
                seccompProfile: { type: 'Localhost' },
              },
            },
          ],
        },
      },
    ],
    ['a safe sysctl', pods({ sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] })],
    [
      'volumes of the safe kinds',
      podOf({
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'w', projected: {} },
        ],
      }),
    ],
  ])('admits %s', (_, pod) => {
    expect(restrictedViolations(pod)).toEqual([]);
  });

  it.each<[string, Changes<V1PodTemplateSpec>, RegExp]>([
    ['the host’s network', podOf({ hostNetwork: true }), /hostNetwork/],
    ['the host’s processes', podOf({ hostPID: true }), /hostPID/],
    ['the host’s memory', podOf({ hostIPC: true }), /hostIPC/],
    ['a host process', security({ windowsOptions: { hostProcess: true } }), /host process/],
    ['privilege', security({ privileged: true }), /privileged/],
    ['a host port', podOf({}, { ports: [{ containerPort: 1, hostPort: 80 }] }), /host port 80/],
    [
      'a probe of another host',
      podOf({}, { livenessProbe: { httpGet: { host: '10.0.0.1', port: 80 } } }),
      /probe or hook of another host/,
    ],
    ['no AppArmor', security({ appArmorProfile: { type: 'Unconfined' } }), /AppArmor/],
    [
      'no AppArmor, in the old way',
      {
        ...podOf({}),
        metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' } },
      },
      /apparmor/,
    ],
    ['another SELinux type', security({ seLinuxOptions: { type: 'spc_t' } }), /SELinux type spc_t/],
    ['an SELinux user', pods({ seLinuxOptions: { user: 'root' } }), /SELinux user/],
    ['an unmasked /proc', security({ procMount: 'Unmasked' }), /procMount/],
    ['an unsafe sysctl', pods({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] }), /sysctl kernel.msgmax/],
    ['a folder of the host', podOf({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), /volume v is a hostPath/],
    ['escalation', security({ allowPrivilegeEscalation: true }), /escalate/],
    ['root', pods({ runAsNonRoot: false }), /may run as root/],
    ['root for a container', security({ runAsNonRoot: false }), /containers\[a\] may run as root/],
    ['user 0', pods({ runAsUser: 0 }), /the pod runs as user 0/],
    ['user 0 for a container', security({ runAsUser: 0 }), /containers\[a\] runs as user 0/],
    ['no seccomp', security({ seccompProfile: { type: 'Unconfined' } }), /seccomp Unconfined/],
    ['capabilities that are kept', security({ capabilities: { drop: ['NET_RAW'] } }), /does not drop ALL/],
    ['a capability that is added', security({ capabilities: { drop: ['ALL'], add: ['SYS_TIME'] } }), /SYS_TIME/],
    [
      'an init container that is none of this',
      podOf({ initContainers: [{ name: 'i' }] }),
      /initContainers\[i\] may escalate/,
    ],
  ])('refuses %s', (_, pod, violation) => {
    expect(restrictedViolations(pod).join('\n')).toMatch(violation);
  });
});
