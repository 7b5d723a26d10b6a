// Written by tools/checks/index.mjs.
import type { Check } from '../../contract.js'
import { applicationDestinationUnknown } from './application-destination-unknown.js'
import { applicationPathMissing } from './application-path-missing.js'
import { applicationSetGeneratesNothing } from './application-set-generates-nothing.js'
import { applicationSetMissingKey } from './application-set-missing-key.js'
import { applicationSetTemplateForm } from './application-set-template-form.js'
import { applicationSetWithoutProject } from './application-set-without-project.js'
import { armResourceApplied } from './arm-resource-applied.js'
import { clusterSecretRefused } from './cluster-secret-refused.js'
import { clusterTargetNearMiss } from './cluster-target-near-miss.js'

export const gitopsChecks: readonly Check[] = [applicationDestinationUnknown, applicationPathMissing, applicationSetGeneratesNothing, applicationSetMissingKey, applicationSetTemplateForm, applicationSetWithoutProject, armResourceApplied, clusterSecretRefused, clusterTargetNearMiss]
