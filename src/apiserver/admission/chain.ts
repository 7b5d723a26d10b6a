import type { AdmissionChain, AdmissionPlugin, AdmissionRequest, PolicyAdmission, WebhookAdmission } from './contract.js'

export interface ChainParts {
  /** In the order in which they run. */
  readonly plugins: readonly AdmissionPlugin[]
  /** Validate after everything else, at the moment of the commit. */
  readonly last: readonly AdmissionPlugin[]
  readonly webhooks?: WebhookAdmission | undefined
  readonly policies?: PolicyAdmission | undefined
}

/**
 * The order of kube-apiserver: built-in plugins mutate, mutating webhooks (after a change by one of them, the plugins and the
 * webhooks that want it once more); then, after the checks of the kind itself, built-in plugins validate,
 * ValidatingAdmissionPolicies, validating webhooks, and quotas.
 */
export function createAdmissionChain({ plugins, last, webhooks, policies }: ChainParts): AdmissionChain {
  const mutators = plugins.filter((plugin) => plugin.mutate !== undefined)
  const validators = plugins.filter((plugin) => plugin.validate !== undefined)
  const mutate = (request: AdmissionRequest) => {
    for (const plugin of mutators) if (plugin.handles(request)) plugin.mutate?.(request)
  }
  return {
    seesUnchanged: (storage) => webhooks?.isConfigured(storage) === true || policies?.isConfigured(storage) === true,
    mutate(request) {
      mutate(request)
      return webhooks?.mutate(request, () => mutate(request))
    },
    validate(request) {
      for (const plugin of validators) if (plugin.handles(request)) plugin.validate?.(request)
      policies?.validate(request)
      return webhooks?.validate(request)
    },
    finish(request) {
      for (const plugin of last) if (plugin.handles(request)) plugin.validate?.(request)
    },
  }
}
