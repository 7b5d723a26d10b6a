import { defineCheck } from '../../contract.js'

/** Labels that are told for controllers of known namespaces, and those that their pods have. */
const right: readonly { readonly namespace: string; readonly label: string }[] = [
  { namespace: 'capi-system', label: 'cluster.x-k8s.io/provider=cluster-api' },
  { namespace: 'capi-kubeadm-bootstrap-system', label: 'cluster.x-k8s.io/provider=bootstrap-kubeadm' },
  { namespace: 'capi-kubeadm-control-plane-system', label: 'cluster.x-k8s.io/provider=control-plane-kubeadm' },
  { namespace: 'capd-system', label: 'cluster.x-k8s.io/provider=infrastructure-docker' },
  { namespace: 'capa-system', label: 'cluster.x-k8s.io/provider=infrastructure-aws' },
  { namespace: 'kube-federation-system', label: 'kubefed-control-plane=controller-manager' },
]

export const logSelectorUnknown = defineCheck({
  id: 'log-selector-unknown',
  topic: 'lifecycle',
  severity: 'error',
  title: 'Logs are asked for by a label that the pods do not have',
  why: '`kubectl logs -l` with a selector that matches nothing prints nothing and succeeds: it looks as if the controller had nothing to say.',
  evidence: ['Cluster API: config/manager, labels of providers', 'kubernetes-retired/kubefed: charts/kubefed'],
  fix: 'Use the label that the pods have, as the message says.',
  *run(model) {
    for (const call of model.callsOf('kubectl', 'logs')) {
      const namespace = call.flag('n', 'namespace')
      const selector = call.flag('l', 'selector')
      const known = right.find((each) => each.namespace === namespace)
      if (selector === undefined || known === undefined || selector.includes('$')) continue
      const keys = new Set(selector.split(',').map((part) => part.replace(/[!=].*$/, '')))
      // Each of these charts sets `app` for nothing; other keys may be somebody's own.
      if (!keys.has('app')) continue
      const word = call.words.find(({ text }) => text === selector) ?? call.flagWord('l', 'selector')
      yield {
        message: `no pod in ${namespace} has ${selector}: they have ${known.label}`,
        at: [word === undefined ? call.at() : call.spot(word)],
        ...(word?.text === selector
          ? { edits: [{ kind: 'words' as const, file: call.file, start: word.start, end: word.end, text: known.label }] }
          : {}),
      }
    }
  },
})
