/** The Pod Security Standard "restricted", Baseline included, rule by rule from its text, for Linux pods. Pure. */
import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1SecurityContext, V1Volume } from '@kubernetes/client-node';

interface Place {
  readonly at: string;
  readonly container: V1Container;
  readonly security: V1SecurityContext;
}

interface Pod {
  readonly template: V1PodTemplateSpec;
  readonly spec: V1PodSpec;
  readonly containers: readonly Place[];
}

type Rule = (pod: Pod) => readonly string[];

/** What the standard refuses in this pod, each in one sentence; empty: the pod is admitted. */
export function restrictedViolations(template: V1PodTemplateSpec): string[] {
  const spec = template.spec!;
  const lists = [
    ['containers', spec.containers],
    ['initContainers', spec.initContainers ?? []],
    ['ephemeralContainers', spec.ephemeralContainers ?? []],
  ] as const;
  const containers = lists.flatMap(([list, entries]) =>
    entries.map((container) => ({
      at: `${list}[${container.name}]`,
      container,
      security: container.securityContext ?? {},
    })),
  );
  const pod = { template, spec, containers };
  return [...baseline, ...restricted].flatMap((rule) => rule(pod));
}

const unless = (allowed: boolean, violation: string): string[] => (allowed ? [] : [violation]);
const isUnset = (value: unknown): boolean => value === undefined || value === null || value === '';

const namespaces: Rule = ({ spec }) =>
  (['hostNetwork', 'hostPID', 'hostIPC'] as const).flatMap((field) => unless(!spec[field], `${field} is true`));

const hostProcess: Rule = ({ spec, containers }) => [
  ...unless(!spec.securityContext?.windowsOptions?.hostProcess, 'the pod is a host process'),
  ...containers.flatMap(({ at, security }) => unless(!security.windowsOptions?.hostProcess, `${at} is a host process`)),
];

const privileged: Rule = ({ containers }) =>
  containers.flatMap(({ at, security }) => unless(!security.privileged, `${at} is privileged`));

const hostPorts: Rule = ({ containers }) =>
  containers.flatMap(({ at, container }) =>
    (container.ports ?? []).flatMap(({ hostPort }) => unless(!hostPort, `${at} takes host port ${hostPort}`)),
  );

const hostsOfProbes: Rule = ({ containers }) =>
  containers.flatMap(({ at, container: { livenessProbe, readinessProbe, startupProbe, lifecycle } }) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((handler) =>
      unless(
        isUnset(handler?.httpGet?.host) && isUnset(handler?.tcpSocket?.host),
        `${at} has a probe or hook of another host`,
      ),
    ),
  );

const appArmor: Rule = ({ template, spec, containers }) => {
  const types = [spec.securityContext?.appArmorProfile, ...containers.map(({ security }) => security.appArmorProfile)];
  const annotations = Object.entries(template.metadata?.annotations ?? {}).filter(([key]) =>
    key.startsWith('container.apparmor.security.beta.kubernetes.io/'),
  );
  return [
    ...types.flatMap((profile) => unless(profile?.type !== 'Unconfined', 'AppArmor is Unconfined')),
    ...annotations.flatMap(([key, value]) =>
      unless(value === 'runtime/default' || value.startsWith('localhost/'), `${key} is ${value}`),
    ),
  ];
};

const seLinuxTypes = ['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

const seLinux: Rule = ({ spec, containers }) =>
  [spec.securityContext?.seLinuxOptions, ...containers.map(({ security }) => security.seLinuxOptions)].flatMap(
    (options) => [
      ...unless(isUnset(options?.type) || seLinuxTypes.includes(options!.type!), `SELinux type ${options?.type}`),
      ...unless(isUnset(options?.user) && isUnset(options?.role), 'SELinux user or role is set'),
    ],
  );

const procMount: Rule = ({ containers }) =>
  containers.flatMap(({ at, security }) =>
    unless(
      isUnset(security.procMount) || security.procMount === 'Default',
      `${at} has procMount ${security.procMount}`,
    ),
  );

const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

const sysctls: Rule = ({ spec }) =>
  (spec.securityContext?.sysctls ?? []).flatMap(({ name }) => unless(safeSysctls.has(name), `sysctl ${name}`));

const volumeTypes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const typeOf = (volume: V1Volume): string => Object.keys(volume).find((key) => key !== 'name') ?? 'none';

const volumes: Rule = ({ spec }) =>
  (spec.volumes ?? []).flatMap((volume) =>
    unless(volumeTypes.has(typeOf(volume)), `volume ${volume.name} is a ${typeOf(volume)}`),
  );

const escalation: Rule = ({ containers }) =>
  containers.flatMap(({ at, security }) =>
    unless(security.allowPrivilegeEscalation === false, `${at} may escalate its privileges`),
  );

const nonRoot: Rule = ({ spec, containers }) =>
  containers.flatMap(({ at, security }) =>
    unless((security.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) === true, `${at} may run as root`),
  );

const nonRootUser: Rule = ({ spec, containers }) => [
  ...unless(spec.securityContext?.runAsUser !== 0, 'the pod runs as user 0'),
  ...containers.flatMap(({ at, security }) => unless(security.runAsUser !== 0, `${at} runs as user 0`)),
];

const seccompTypes = ['RuntimeDefault', 'Localhost'];

const seccomp: Rule = ({ spec, containers }) =>
  containers.flatMap(({ at, security }) => {
    const type = (security.seccompProfile ?? spec.securityContext?.seccompProfile)?.type;
    return unless(type !== undefined && seccompTypes.includes(type), `${at} has seccomp ${type}`);
  });

const capabilities: Rule = ({ containers }) =>
  containers.flatMap(({ at, security: { capabilities: held } }) => [
    ...unless(held?.drop?.includes('ALL') === true, `${at} does not drop ALL capabilities`),
    ...(held?.add ?? []).flatMap((name) => unless(name === 'NET_BIND_SERVICE', `${at} adds capability ${name}`)),
  ]);

const baseline: readonly Rule[] = [
  namespaces,
  hostProcess,
  privileged,
  hostPorts,
  hostsOfProbes,
  appArmor,
  seLinux,
  procMount,
  sysctls,
];

const restricted: readonly Rule[] = [volumes, escalation, nonRoot, nonRootUser, seccomp, capabilities];
