// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { dexArgoCdCallback } from './dex-argo-cd-callback.js'
import { dexGroupsDropped } from './dex-groups-dropped.js'
import { dexGroupsFromGoogle } from './dex-groups-from-google.js'
import { dexIssuerMismatch } from './dex-issuer-mismatch.js'
import { dexSecretNotExpanded } from './dex-secret-not-expanded.js'
import { dexWithoutListener } from './dex-without-listener.js'
import { kubeconfigDangling } from './kubeconfig-dangling.js'
import { kubeconfigNameClash } from './kubeconfig-name-clash.js'
import { kubeconfigOverwritten } from './kubeconfig-overwritten.js'

export const accessChecks: readonly Check[] = [dexArgoCdCallback, dexGroupsDropped, dexGroupsFromGoogle, dexIssuerMismatch, dexSecretNotExpanded, dexWithoutListener, kubeconfigDangling, kubeconfigNameClash, kubeconfigOverwritten]
