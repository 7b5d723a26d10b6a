import { orphanAnnotation } from '../../dialects/kubefed/federated/delivery-rules.js'
import type { KubeClient, Target } from '../../kube/client/kube-client.js'
import { findTarget } from './enable-type.js'

interface Where {
  readonly host: KubeClient
  readonly type: string
  readonly namespace: string
  readonly name: string
}

async function targetOf({ host, type, namespace, name }: Where): Promise<Target> {
  const found = await findTarget(host, type)
  return { type: found, name, ...(found.namespaced ? { namespace } : {}) }
}

/** Whether copies stay when a federated object is deleted. */
export async function orphaningOf(where: Where): Promise<boolean> {
  const object = await where.host.get(await targetOf(where))
  return object.metadata.annotations?.[orphanAnnotation] === 'true'
}

export async function setOrphaning(where: Where, on: boolean, dryRun: boolean): Promise<void> {
  if ((await orphaningOf(where)) === on || dryRun) return
  await where.host.patch(
    await targetOf(where),
    { kind: 'merge', body: { metadata: { annotations: { [orphanAnnotation]: on ? 'true' : null } } } },
    { fieldManager: 'flotilla-kubefed' },
  )
}
