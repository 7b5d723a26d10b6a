import type { SyncOptions } from '../../../delivery/delivery.js'
import type { Application, SyncOperation } from '../kinds/application.js'

/** Reads `CreateNamespace=true` and its like; later entries win, unknown ones do nothing. Pure. */
export function readSyncOptions(application: Pick<Application, 'spec'>, operation: SyncOperation): SyncOptions {
  const policy = application.spec.syncPolicy
  const chosen = new Map<string, string>()
  for (const option of operation.syncOptions ?? policy?.syncOptions ?? []) {
    const at = option.indexOf('=')
    if (at > 0) chosen.set(option.slice(0, at).trim(), option.slice(at + 1).trim())
  }
  const on = (name: string) => chosen.get(name) === 'true'
  const propagation = chosen.get('PrunePropagationPolicy')
  const metadata = policy?.managedNamespaceMetadata
  const strategy = operation.syncStrategy
  return {
    createNamespace: on('CreateNamespace'),
    ...(metadata && on('CreateNamespace') ? { namespaceMetadata: metadata } : {}),
    pruneLast: on('PruneLast'),
    applyOutOfSyncOnly: on('ApplyOutOfSyncOnly'),
    serverSideApply: on('ServerSideApply'),
    replace: on('Replace'),
    force: strategy?.apply?.force === true || strategy?.hook?.force === true || on('Force'),
    failOnSharedResource: on('FailOnSharedResource'),
    respectIgnoreDifferences: on('RespectIgnoreDifferences'),
    skipDryRunOnMissingResource: on('SkipDryRunOnMissingResource'),
    prunePropagation: propagation === 'background' || propagation === 'orphan' ? propagation : 'foreground',
  }
}
