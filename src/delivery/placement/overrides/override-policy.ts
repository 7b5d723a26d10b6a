import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterAffinity, ClusterFacts, ResourceSelector } from '../contract.js'
import { applyKarmadaOverriders, type KarmadaOverriders } from './karmada-overriders.js'
import { applyKubefedOverrides, type KubefedOverride } from './kubefed-overrides.js'

/** KubeFed: the overrides stand in the federated object itself, by name of cluster. */
export interface KubefedOverridePolicy {
  readonly dialect: 'kubefed'
  readonly name: string
  readonly overrides: readonly { readonly clusterName: string; readonly clusterOverrides?: readonly KubefedOverride[] }[]
}

/** Karmada: a policy of a namespace, or without one of the fleet. */
export interface KarmadaOverridePolicy {
  readonly dialect: 'karmada'
  readonly name: string
  readonly namespace?: string
  /** None means every object. */
  readonly selectors?: readonly ResourceSelector[]
  readonly rules: readonly { readonly clusters?: ClusterAffinity; readonly overriders: KarmadaOverriders }[]
}

export type OverridePolicy = KubefedOverridePolicy | KarmadaOverridePolicy

/** One set of overrides that applies to a cluster. */
export interface ApplicableOverride {
  /** The policy, in words for people. */
  readonly name: string
  /** The object with the overrides applied; the one given stays as it is. Throws a CodedError where they cannot be applied. */
  readonly apply: (object: KubeObject) => KubeObject
}

/** What applies to a cluster of policies that were ordered for the object before (`orderOverrides`). */
export type OverrideFinder = (cluster: ClusterFacts) => ApplicableOverride[]

export function applyKarmadaRule(name: string, overriders: KarmadaOverriders): ApplicableOverride {
  return { name, apply: (object) => applyKarmadaOverriders(object, overriders) }
}

export function applyKubefedRule(name: string, overrides: readonly KubefedOverride[]): ApplicableOverride {
  return { name, apply: (object) => applyKubefedOverrides(object, overrides) }
}
