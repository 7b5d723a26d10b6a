import { equalJson, isObject, type JsonObject } from '../../../base/json.js'
import { argoCdCrds } from '../../../dialects/argo-cd/kinds/crds.js'
import { clusterProfileCrd } from '../../../dialects/cluster-profile/cluster-profile-crd.js'
import { gkeCrds } from '../../../dialects/gke/crds.js'
import { istioCrds } from '../../../dialects/istio/crds.js'
import { karmadaCrds } from '../../../dialects/karmada/crds.js'
import { kubeFedCrds } from '../../../dialects/kubefed/kinds/crds.js'
import { mcsCrds } from '../../../dialects/mcs/crds.js'
import { placementCrd, placementDecisionCrd, residencyRuleCrd } from '../../../dialects/placement/placement-crd.js'
import { submarinerCrds } from '../../../dialects/submariner/crds.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import { builtInResources } from '../../../kube/schema/resources.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'
import { fromStructuralSchema } from '../../../kube/schema/structural.js'
import type { FleetModel } from '../model/fleet-model.js'

export interface KnownSchema {
  readonly schema: SchemaNode
  readonly isBuiltIn: boolean
  /** By a definition in the input. Its operator may fill in required fields on the way in: `true` where one is known to. */
  readonly mayBeMutated?: boolean
  /** Undefined where the definition does not tell. */
  readonly namespaced: boolean | undefined
}

/** With the fields of the tools' own definitions. */
const shipped: readonly KubeObject[] = [
  ...argoCdCrds,
  ...gkeCrds,
  ...istioCrds,
  ...kubeFedCrds,
  ...karmadaCrds,
  ...mcsCrds,
  ...submarinerCrds,
  placementCrd,
  residencyRuleCrd,
  placementDecisionCrd,
  clusterProfileCrd,
]

const builtInScopes = new Map(
  builtInResources.map(({ group, version, kind, namespaced }) => [`${group}/${version}/${kind}`, namespaced]),
)

interface Definition {
  readonly node: JsonObject
  readonly namespaced: boolean
  readonly isGiven: boolean
  readonly isAmbiguous?: boolean
  made?: SchemaNode
}

/** Schemas of the kinds of Kubernetes, of the kinds that this program serves, and of definitions that are among the inputs. */
export class KnownSchemas {
  readonly #custom = new Map<string, Definition>()
  readonly #mutated: ReadonlySet<string>
  readonly #kinds = new Map<string, readonly string[]>()

  constructor(model: FleetModel) {
    this.#mutated = new Set(
      model
        .kinds('admissionregistration.k8s.io', 'MutatingWebhookConfiguration')
        .flatMap((each) => each.items('webhooks'))
        .flatMap((webhook) => webhook.items('rules'))
        .flatMap((rule) => rule.texts('apiGroups')),
    )
    for (const crd of shipped) this.#add(crd, false)
    // What the inputs define is what their clusters will have.
    for (const { object } of model.kinds('apiextensions.k8s.io', 'CustomResourceDefinition')) this.#add(object, true)
  }

  /** The kinds of a group that definitions have, those of tools that Flotilla knows included. */
  kindsOf(group: string): readonly string[] {
    let kinds = this.#kinds.get(group)
    if (kinds === undefined) {
      const keys = [...this.#custom.keys()].filter((key) => key.startsWith(`${group}/`))
      kinds = [...new Set(keys.map((key) => key.split('/')[2]!))]
      this.#kinds.set(group, kinds)
    }
    return kinds
  }

  find(group: string, version: string, kind: string): KnownSchema | undefined {
    const apiVersion = group === '' ? version : `${group}/${version}`
    const schema = builtInSchemas.forKind(apiVersion, kind)
    if (schema !== undefined) return { schema, isBuiltIn: true, namespaced: builtInScopes.get(`${group}/${version}/${kind}`) }
    const custom = this.#custom.get(`${group}/${version}/${kind}`)
    if (custom === undefined || custom.isAmbiguous === true) return undefined
    custom.made ??= fromStructuralSchema(custom.node)
    const mayBeMutated = this.#mutated.has(group) || this.#mutated.has('*')
    return {
      schema: custom.made,
      isBuiltIn: false,
      namespaced: custom.namespaced,
      ...(custom.isGiven ? { mayBeMutated } : {}),
    }
  }

  #add(crd: KubeObject, isGiven: boolean): void {
    const spec = crd['spec']
    if (!isObject(spec) || !isObject(spec['names']) || !Array.isArray(spec['versions'])) return
    for (const version of spec['versions'] as unknown[]) {
      if (!isObject(version) || !isObject(version['schema']) || !isObject(version['schema']['openAPIV3Schema'])) continue
      const key = `${String(spec['group'])}/${String(version['name'])}/${String(spec['names']['kind'])}`
      const known = this.#custom.get(key)
      // Of definitions in the input that differ nobody knows which one is in force.
      if (known?.isGiven === true && isGiven && !equalJson(known.node, version['schema']['openAPIV3Schema'])) {
        this.#custom.set(key, { ...known, isAmbiguous: true })
        continue
      }
      this.#custom.set(key, {
        isGiven,
        node: version['schema']['openAPIV3Schema'] as JsonObject,
        namespaced: spec['scope'] === 'Namespaced',
      })
    }
  }
}
