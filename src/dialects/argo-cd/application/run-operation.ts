import { messageOf, Stalled, Waiting } from '../../../base/errors.js'
import type { Deliveries, ObjectKey, SyncOutcome, SyncRequest } from '../../../delivery/delivery.js'
import type { Cluster } from '../../../inventory/cluster.js'
import { groupOf } from '../../../kube/object/kube-object.js'
import type { Application, ApplicationSource } from '../kinds/application.js'
import { explainSources } from './check-project.js'
import { decideSources } from './decide-sources.js'
import type { OperationRun } from './operation-run.js'
import { readSyncOptions } from './sync-options.js'
import { contextOf, deliveryOf, renderWith, type TargetServices, type TargetState } from './target-state.js'

/** One pass of a sync: what to sync is fixed with the first, then the engine goes as far as it can now. */
export async function runOperationPass(
  application: Application,
  run: OperationRun,
  target: TargetState,
  services: TargetServices & { readonly deliveries: Pick<Deliveries, 'sync'> },
  controlNamespace: string,
): Promise<SyncOutcome> {
  const { operation } = run
  const { sync } = operation
  const fail = (message: string): SyncOutcome => ({ phase: 'Error', message, results: run.attempt.results })
  if (sync === undefined) return fail('Invalid operation request: no operation specified')
  if (sync.manifests !== undefined)
    return fail('operation.sync.manifests: syncing local manifests is not possible here, push them to the repository')
  const invalid = target.conditions.find((condition) => condition.type === 'InvalidSpecError')
  if (invalid || target.cluster === undefined || target.project === undefined)
    return fail(invalid?.message ?? 'the destination is not known')
  try {
    run.rendered ??= await fixContent(application, target.cluster, run, target, services)
  } catch (error) {
    if (error instanceof Stalled) return fail(messageOf(error))
    throw error
  }
  if (run.rendered === undefined) return fail('there is nothing to sync')
  const { content } = run.rendered
  // Sources that the operation brings itself are held to the project like those of the specification.
  const [refused] = explainSources(target.project, run.rendered.sources)
  if (refused !== undefined) return fail(refused)
  const chosen = chooseKeys(sync.resources, content.objects, application)
  const request: SyncRequest = {
    prune: sync.prune === true,
    dryRun: sync.dryRun === true,
    ...(chosen ? { only: chosen } : {}),
    // The apply strategy, which rollbacks use, leaves hooks out.
    ...(sync.syncStrategy?.apply && !sync.syncStrategy.hook ? { skipHooks: true } : {}),
    options: readSyncOptions(application, sync),
  }
  const delivery = deliveryOf(application, target.cluster, content, controlNamespace, target.project)
  try {
    return await services.deliveries.sync(delivery, request, run.attempt)
  } catch (error) {
    // The cluster cannot be asked just now: the operation goes on when it can.
    if (error instanceof Waiting) return { phase: 'Running', message: messageOf(error), results: run.attempt.results }
    if (error instanceof Stalled) return fail(messageOf(error))
    throw error
  }
}

async function fixContent(
  application: Application,
  cluster: Cluster,
  run: OperationRun,
  target: TargetState,
  services: TargetServices,
): Promise<OperationRun['rendered']> {
  const sync = run.operation.sync!
  const given = decideSources({
    ...(sync.source ? { source: sync.source } : {}),
    ...(sync.sources ? { sources: sync.sources } : {}),
  })
  const own = 'problem' in given
  const sources: readonly ApplicationSource[] = own ? target.sources : given.sources
  const multiple = own ? target.multiple : given.multiple
  const revisions = sync.revisions ?? (sync.revision ? [sync.revision] : (run.resumed ?? []))
  const current = target.rendered
  const same =
    own && current !== undefined && revisions.every((revision, index) => revision === '' || revision === current.revisions[index])
  const context = contextOf(application, cluster, services, target.project)
  const content = same ? current : await renderWith(services, sources, context, { revisions })
  return { content, sources, multiple }
}

/** A selective sync names objects without versions, and possibly without namespaces. */
function chooseKeys(
  wanted: { group?: string; kind: string; name: string; namespace?: string }[] | undefined,
  objects: readonly { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } }[],
  application: Application,
): ObjectKey[] | undefined {
  if (wanted === undefined || wanted.length === 0) return undefined
  const known = [
    ...objects.map((object) => ({
      group: groupOf(object.apiVersion),
      kind: object.kind,
      name: object.metadata.name,
      namespace: object.metadata.namespace || application.spec.destination.namespace || '',
    })),
    ...(application.status?.resources ?? []).map(({ group = '', kind, name, namespace = '' }) => ({
      group,
      kind,
      name,
      namespace,
    })),
  ]
  return wanted.flatMap(({ group = '', kind, name, namespace }) => {
    if (namespace) return [{ group, version: '', kind, name, namespace }]
    const found = known.filter((key) => key.group === group && key.kind === kind && key.name === name)
    // A cluster-scoped object has no namespace, whatever the destination's default is.
    return [{ group, version: '', kind, name, namespace: '' }, ...found.map((key) => ({ ...key, version: '' }))]
  })
}
