import type { FederationDialect } from '../delivery/federation/contract.js'
import type { KubeObject } from '../kube/object/kube-object.js'

/** The APIs in which federation is declared, in the order in which they win where two want the same object in a cluster. */
export const federationDialects: readonly FederationDialect[] = []

/** Definitions that a hub has for them. */
export const federationCrds: readonly KubeObject[] = []
