// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { exportBesideFederatedService } from './export-beside-federated-service.js'
import { federatedClusterUnknown } from './federated-cluster-unknown.js'
import { federatedNamespaceMisplaced } from './federated-namespace-misplaced.js'
import { federatedOverrideWithoutPlacement } from './federated-override-without-placement.js'
import { kubefedctlJoinContext } from './kubefedctl-join-context.js'
import { kubefedctlUnknownCommand } from './kubefedctl-unknown-command.js'
import { liqoctlInstallWithoutProvider } from './liqoctl-install-without-provider.js'

export const federationChecks: readonly Check[] = [exportBesideFederatedService, federatedClusterUnknown, federatedNamespaceMisplaced, federatedOverrideWithoutPlacement, kubefedctlJoinContext, kubefedctlUnknownCommand, liqoctlInstallWithoutProvider]
