/** A test process that starts a control plane, tells its process ids, and waits to be killed. */
import { startKubernetes } from '../testbed/kubernetes/cluster.ts';

const { pids } = await startKubernetes({ nodes: [] });
console.log(JSON.stringify(Object.values(pids)));
setInterval(() => undefined, 60_000);
