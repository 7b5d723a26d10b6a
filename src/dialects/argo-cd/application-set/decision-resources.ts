import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound } from '../../../kube/object/status-error.js'
import type { DecisionResources } from './generators/contract.js'

const configMapType: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }

/** What schedulers have decided, as it stands on the hub in the control plane's namespace. */
export function createDecisionResources(
  hub: KubeClient,
  namespace: string,
  options: { readonly signal?: AbortSignal } = {},
): DecisionResources {
  return {
    async settings(name) {
      const { data } = await hub.get<KubeObject & { data?: Record<string, string> }>(
        { type: configMapType, namespace, name },
        options,
      )
      return data ?? {}
    },
    async list({ group, version, kind }, where) {
      const find = async (refresh: boolean) =>
        (await hub.resources({ refresh, ...options })).all.find(
          (type) => type.group === group && type.version === version && (type.plural === kind || type.kind === kind),
        )
      // A definition may have come since the last look.
      const type = (await find(false)) ?? (await find(true))
      if (type === undefined) throw new Error(`the hub serves no ${kind} in ${group}/${version}`)
      const place = type.namespaced ? { namespace: where.namespace ?? namespace } : {}
      const { name, labelSelector } = where
      if (name !== undefined) {
        const found = await hub.get({ type, name, ...place }, options).catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
        return found === undefined ? [] : [{ ...found, kind: type.kind }]
      }
      const { items } = await hub.list(type, { ...place, ...(labelSelector === undefined ? {} : { labelSelector }), ...options })
      return items.map((item) => ({ ...item, kind: type.kind }))
    },
  }
}
