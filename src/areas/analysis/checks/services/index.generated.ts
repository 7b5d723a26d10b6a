// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { ciliumAnnotation } from './cilium-annotation.js'
import { ciliumGlobalOneSide } from './cilium-global-one-side.js'
import { exportWithoutService } from './export-without-service.js'
import { importWithoutNamespace } from './import-without-namespace.js'
import { istioFailoverWithoutOutlier } from './istio-failover-without-outlier.js'
import { istioLocalityUnknown } from './istio-locality-unknown.js'
import { serviceDiffers } from './service-differs.js'
import { serviceImportByHand } from './service-import-by-hand.js'
import { serviceNameTooLong } from './service-name-too-long.js'
import { serviceSameness } from './service-sameness.js'
import { serviceSharedTwice } from './service-shared-twice.js'
import { statefulHostnamesClash } from './stateful-hostnames-clash.js'

export const servicesChecks: readonly Check[] = [ciliumAnnotation, ciliumGlobalOneSide, exportWithoutService, importWithoutNamespace, istioFailoverWithoutOutlier, istioLocalityUnknown, serviceDiffers, serviceImportByHand, serviceNameTooLong, serviceSameness, serviceSharedTwice, statefulHostnamesClash]
