// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { awsNoPublicSubnet } from './aws-no-public-subnet.js'
import { awsSubnetWithoutId } from './aws-subnet-without-id.js'
import { capiDanglingReference } from './capi-dangling-reference.js'
import { capiDockerKinds } from './capi-docker-kinds.js'
import { capiReferenceWithoutApiVersion } from './capi-reference-without-api-version.js'
import { capiVersionUnsupported } from './capi-version-unsupported.js'
import { clusterctlInitVariables } from './clusterctl-init-variables.js'
import { eksctlUnknownFlag } from './eksctl-unknown-flag.js'
import { kcpInfrastructureTemplate } from './kcp-infrastructure-template.js'
import { kindDockerSocket } from './kind-docker-socket.js'
import { logSelectorUnknown } from './log-selector-unknown.js'
import { removedFlag } from './removed-flag.js'

export const lifecycleChecks: readonly Check[] = [awsNoPublicSubnet, awsSubnetWithoutId, capiDanglingReference, capiDockerKinds, capiReferenceWithoutApiVersion, capiVersionUnsupported, clusterctlInitVariables, eksctlUnknownFlag, kcpInfrastructureTemplate, kindDockerSocket, logSelectorUnknown, removedFlag]
