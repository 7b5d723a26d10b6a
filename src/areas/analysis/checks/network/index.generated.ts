// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { ciliumClusterId } from './cilium-cluster-id.js'
import { ciliumMeshSettingsDiffer } from './cilium-mesh-settings-differ.js'
import { ciliumNativeCidr } from './cilium-native-cidr.js'
import { ciliumRemovedValue } from './cilium-removed-value.js'
import { clusterName } from './cluster-name.js'
import { globalnetRange } from './globalnet-range.js'
import { istioMeshDiffers } from './istio-mesh-differs.js'
import { istioTrustDomain } from './istio-trust-domain.js'
import { meshOneWay } from './mesh-one-way.js'
import { nodeCidrOverlap } from './node-cidr-overlap.js'
import { podCidrOverlap } from './pod-cidr-overlap.js'
import { serviceCidrOverlap } from './service-cidr-overlap.js'

export const networkChecks: readonly Check[] = [ciliumClusterId, ciliumMeshSettingsDiffer, ciliumNativeCidr, ciliumRemovedValue, clusterName, globalnetRange, istioMeshDiffers, istioTrustDomain, meshOneWay, nodeCidrOverlap, podCidrOverlap, serviceCidrOverlap]
