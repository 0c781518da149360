/** What a test sees of its own Kubernetes control plane. */

export interface KubernetesOptions {
  /** Where real nodes reach it. By default it can be reached from this machine alone. */
  readonly network?: ClusterNetwork;
  /** Nodes that kwok plays; by default `defaultNodes`: one for CPU work and two with four GPUs each. */
  readonly nodes?: readonly FakeNode[];
  /** `api` starts etcd and the API server alone, for tests of clients; nothing schedules or runs then. */
  readonly parts?: 'api' | 'all';
  /**
   * How long a Job's pod runs before it completes, `5s`, unless its annotations say otherwise (see kwok-stages.yaml).
   * Null: until it is annotated. By default `1s`.
   */
  readonly jobsRunFor?: string | null;
  /** Further flags of the API server, e.g. `--min-request-timeout=5` for short watches. */
  readonly apiServerArgs?: readonly string[];
}

export interface ClusterNetwork {
  /** Of this machine, for the API server: `198.18.3.1`. */
  readonly address: string;
  /** Of the addresses of Services: `198.19.3.0/24`. */
  readonly serviceRange: string;
  /** Its first one, which is the Service `kubernetes`. */
  readonly apiService: string;
}

export interface FakeNode {
  readonly name: string;
  /** A quantity of cores, `16`. */
  readonly cpu: string;
  /** A quantity of bytes, `64Gi`. */
  readonly memory: string;
  /** Count of `nvidia.com/gpu`; none by default. */
  readonly gpus?: number;
  /** The label `nvidia.com/gpu.product` of a node with GPUs. */
  readonly gpuProduct?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly NodeTaint[];
}

interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** A client certificate and its key, PEM, in files and as text. */
export interface ClientIdentity {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Process ids, 0 while a part is down. For SIGSTOP and SIGCONT. */
interface ControlPlanePids {
  readonly etcd: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kwok: number;
}

export interface RunningKubernetes {
  /** `https://127.0.0.1:port`; stays the same over restarts of the API server. */
  readonly url: string;
  /** Path of a kubeconfig with every right. */
  readonly kubeconfig: string;
  /** The authority that signed the API server's certificate. */
  readonly caFile: string;
  readonly ca: string;
  /** `system:masters`. */
  readonly admin: ClientIdentity;
  readonly pids: ControlPlanePids;
  /** One JSON event of `audit.k8s.io/v1` a line, one for each request that was answered; see audit.ts. */
  readonly auditLog: string;
  /** Runs kubectl as admin; returns what it printed, throws with what it said on standard error. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<string>;
  /** Writes a kubeconfig for whoever holds this token (of a ServiceAccount); returns its path. */
  tokenKubeconfig(token: string): string;
  /** SIGTERM: watches are ended in order. Its port answers nobody until the start. */
  stopApiServer(): Promise<void>;
  /** SIGKILL: sockets are reset. */
  killApiServer(): Promise<void>;
  /** Same port, same data; resolves when it answers /readyz. */
  startApiServer(): Promise<void>;
  /** `killApiServer` and `startApiServer`. */
  restartApiServer(): Promise<void>;
  /** Ends all processes and removes the folder. */
  stop(): Promise<void>;
}

interface KubectlOptions {
  /** Standard input, for `apply -f -`. */
  readonly input?: string;
  /** Another kubeconfig than the admin's. */
  readonly kubeconfig?: string;
}
