import { apiVersionOf } from '../object/kube-object.js'
import type { ResourceType } from '../object/resource-type.js'
import type { ListOptions, Target, WatchOptions, WriteOptions } from './kube-client.js'

/** `/api/v1/namespaces/ns/pods`, `/apis/apps/v1/deployments`. An empty namespace means all of them. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === '' ? '/api' : '/apis'
  const within = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}/${apiVersionOf(type.group, type.version)}${within}/${type.plural}`
}

export function objectPath(target: Target): string {
  const base = `${collectionPath(target.type, target.namespace)}/${encodeURIComponent(target.name)}`
  return target.subresource ? `${base}/${target.subresource}` : base
}

export function listQuery(options: ListOptions & WatchOptions, watch: boolean): string {
  return query({
    watch: watch ? 'true' : undefined,
    labelSelector: options.labelSelector || undefined,
    fieldSelector: options.fieldSelector || undefined,
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
    sendInitialEvents: options.sendInitialEvents,
    allowWatchBookmarks: options.allowWatchBookmarks,
    timeoutSeconds: options.timeoutSeconds,
  })
}

export function writeQuery(options: WriteOptions): string {
  return query({
    dryRun: options.dryRun ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    force: options.force,
  })
}

function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const parts = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}
