// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { externalDnsPrefix } from './external-dns-prefix.js'
import { ingressClassAnnotation } from './ingress-class-annotation.js'
import { ingressHashLiteral } from './ingress-hash-literal.js'
import { istioOperatorApplied } from './istio-operator-applied.js'
import { istioRefused } from './istio-refused.js'
import { istioctlMovedCommand } from './istioctl-moved-command.js'
import { multiClusterIngressAddress } from './multi-cluster-ingress-address.js'
import { recordPolicyWithoutId } from './record-policy-without-id.js'
import { route53AliasZone } from './route53-alias-zone.js'
import { route53PolicySet } from './route53-policy-set.js'
import { serviceEntryPointsAtItself } from './service-entry-points-at-itself.js'

export const trafficChecks: readonly Check[] = [externalDnsPrefix, ingressClassAnnotation, ingressHashLiteral, istioOperatorApplied, istioRefused, istioctlMovedCommand, multiClusterIngressAddress, recordPolicyWithoutId, route53AliasZone, route53PolicySet, serviceEntryPointsAtItself]
