import { defineCheck } from '../../contract.js'

export const kubeconfigOverwritten = defineCheck({
  id: 'kubeconfig-overwritten',
  topic: 'access',
  severity: 'warning',
  title: 'A merged kubeconfig is written over the one that is there',
  why: 'The shell empties the file behind `>` before kubectl starts. Contexts that stood only there are gone, and if the file is itself among those that are merged it is read empty. Users of the same name in two files are dropped without a word: the first wins.',
  evidence: ['kubectl config view --flatten', 'POSIX shell, redirection'],
  fix: 'Write to another file and move it into place: `kubectl config view --flatten > merged && mv merged ~/.kube/config`, and keep a copy.',
  *run(model) {
    for (const call of model.callsOf('kubectl', 'config', 'view')) {
      const { redirect } = call
      if (redirect === undefined || redirect.appends || call.flagWord('flatten') === undefined) continue
      if (!/(^|\/)\.kube\/config$/.test(redirect.to)) continue
      const merged = call.environment.get('KUBECONFIG')
      const itself = merged?.split(':').includes(redirect.to) === true
      yield {
        message: `${redirect.to} is overwritten with the merged configuration${itself ? ', and emptied before it is read itself' : ''}`,
        at: [call.at()],
        ...(itself ? { severity: 'error' as const } : {}),
      }
    }
  },
})
