import { defineCheck } from '../../contract.js'

/** Variables that `clusterctl init` substitutes into a provider's components, and stops without. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  aws: ['AWS_B64ENCODED_CREDENTIALS'],
  azure: ['AZURE_SUBSCRIPTION_ID'],
  gcp: ['GCP_B64ENCODED_CREDENTIALS'],
  vsphere: ['VSPHERE_PASSWORD', 'VSPHERE_USERNAME'],
  digitalocean: ['DIGITALOCEAN_ACCESS_TOKEN'],
}

export const clusterctlInitVariables = defineCheck({
  id: 'clusterctl-init-variables',
  topic: 'lifecycle',
  severity: 'warning',
  title: 'clusterctl init lacks the credentials of a provider',
  why: 'The components of the provider have variables without defaults. Where they are not in the environment, clusterctl ends with `value for variables [...] is not set` and installs nothing, not even the other providers.',
  evidence: ['Cluster API: docs/book/src/user/quick-start.md, initialization for common providers'],
  fix: 'Export the variable before, for AWS: `export AWS_B64ENCODED_CREDENTIALS=$(clusterawsadm bootstrap credentials encode-as-profile)`.',
  *run(model) {
    for (const call of model.callsOf('clusterctl', 'init')) {
      // A page of a manual takes for granted what other pages had exported.
      if (call.inComment || /\.(md|markdown)$/.test(call.file)) continue
      for (const provider of call.flagValues('infrastructure', 'i').flatMap((value) => value.split(','))) {
        const name = provider.replace(/:.*$/, '')
        const missing = (Object.hasOwn(wanted, name) ? wanted[name]! : []).filter((variable) => !isSet(variable, call.file))
        if (missing.length === 0 || call.environment.has(missing[0]!)) continue
        yield {
          message: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set for --infrastructure=${name}`,
          at: [call.at('infrastructure', 'i')],
        }
      }
    }

    /** In the same script; what another one or the person exports is not known, hence only a warning. */
    function isSet(variable: string, file: string): boolean {
      return model.calls.some(
        (call) =>
          call.file === file &&
          (call.environment.has(variable) ||
            (call.program === 'export' && call.words.some(({ text }) => text.startsWith(`${variable}=`) || text === variable))),
      )
    }
  },
})
