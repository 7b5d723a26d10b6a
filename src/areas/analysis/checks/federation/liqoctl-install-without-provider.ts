import { defineCheck } from '../../contract.js'
import { isPlaceholder } from '../../schema/placeholder.js'

const providers = new Set(['kind', 'k3s', 'kubeadm', 'eks', 'gke', 'aks', 'openshift', 'help'])

export const liqoctlInstallWithoutProvider = defineCheck({
  id: 'liqoctl-install-without-provider',
  topic: 'federation',
  severity: 'error',
  title: 'liqoctl install is told neither the kind of cluster nor its ranges',
  why: 'Liqo has to know the API server and the ranges of pods and services. For known kinds of clusters a subcommand finds them out; without one they have to be given, or the installation stops.',
  evidence: ['liqotech/liqo: docs/installation/install.md'],
  fix: 'Name the kind (`liqoctl install kind`, `eks`, `gke`, `aks`, `k3s`, `kubeadm`, `openshift`), or give --api-server-url, --pod-cidr and --service-cidr.',
  *run(model) {
    for (const call of model.callsOf('liqoctl', 'install')) {
      if (call.verb.slice(1).some((word) => providers.has(word)) || call.arguments.some((word) => providers.has(word))) continue
      if (['api-server-url', 'pod-cidr', 'help', 'h'].some((flag) => call.flagWord(flag) !== undefined)) continue
      // A manual leaves the kind of cluster to its reader: `liqoctl install <provider>`, `liqoctl install ... --set a=b`.
      if (call.words.some(({ text }) => isPlaceholder(text))) continue
      yield { message: 'liqoctl install names no provider, and gives no API server and ranges', at: [call.at()] }
    }
  },
})
