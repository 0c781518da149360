/** A test process that starts a control plane, tells its process ids and folder, and waits to be killed. */
import { dirname } from 'node:path';
import { startKubernetes } from '../testbed/kubernetes/cluster.ts';

const { pids, auditLog } = await startKubernetes({ nodes: [] });
console.log(JSON.stringify({ pids: Object.values(pids), folder: dirname(auditLog) }));
setInterval(() => undefined, 60_000);
