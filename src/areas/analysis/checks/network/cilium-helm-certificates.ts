import { defineCheck } from '../../contract.js'

export const ciliumHelmCertificates = defineCheck({
  id: 'cilium-helm-certificates',
  topic: 'network',
  severity: 'warning',
  title: 'Certificates of Cilium’s mesh end, and nothing renews them',
  why: 'With the method helm, certificates are made when the chart is rendered, and only then. When they end, every cluster of the mesh loses this one at once, on a day that nobody has in the calendar.',
  evidence: ['cilium/cilium#47351'],
  fix: 'Set `clustermesh.apiserver.tls.auto.method: cronJob` (or `certmanager`), which renews them.',
  *run(model) {
    for (const values of model.values('cilium')) {
      const auto = ['clustermesh', 'apiserver', 'tls', 'auto'] as const
      const meshed =
        values.flag('clustermesh', 'useAPIServer') === true || values.flag('clustermesh', 'config', 'enabled') === true
      if (!meshed || values.flag(...auto, 'enabled') === false) continue
      if (values.text(...auto, 'method') !== 'helm') continue
      const days = values.number(...auto, 'certValidityDuration') ?? 1095
      yield {
        message: `certificates of ${values.cluster ?? 'the cluster'} are made by Helm and end after ${days} days`,
        at: [values.at(...auto, 'method')],
      }
    }
  },
})
