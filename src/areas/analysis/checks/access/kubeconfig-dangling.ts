import { closest } from '../../../../base/closest.js'
import { defineCheck } from '../../contract.js'

export const kubeconfigDangling = defineCheck({
  id: 'kubeconfig-dangling',
  topic: 'access',
  severity: 'error',
  title: 'A context of a kubeconfig names a cluster or a user that is not in it',
  why: 'kubectl looks names up within the files that are merged. A context without its cluster goes to localhost:8080 or ends with `cluster … does not exist`, and one without its user asks as nobody; a current context that is not there fails every command that names none.',
  evidence: ['client-go: tools/clientcmd/validation.go', 'kubernetes.io: organize cluster access'],
  fix: 'Correct the name, or add the entry.',
  *run(model) {
    const files = model.kubeconfigs.filter(({ parent }) => parent === undefined)
    // What is merged later may have it.
    const alone = files.length === 1 && model.isWhole
    for (const kubeconfig of model.kubeconfigs) {
      if (kubeconfig.parent === undefined && !alone) continue
      const named = (list: string) => new Set(kubeconfig.items(list).flatMap((entry) => entry.text('name') ?? []))
      const names = { cluster: named('clusters'), user: named('users'), context: named('contexts') }
      for (const entry of kubeconfig.items('contexts'))
        for (const member of ['cluster', 'user'] as const) {
          const name = entry.text('context', member)
          if (name === undefined || names[member].has(name) || /[${}<>]/.test(name)) continue
          const near = closest(name, names[member])
          yield {
            message: `the context ${entry.text('name') ?? '(without a name)'} has the ${member} ${name}, which is not in the file${near === undefined ? '' : `: did you mean ${near}?`}`,
            at: [entry.at('context', member)],
          }
        }
      const current = kubeconfig.text('current-context')
      if (current !== undefined && !names.context.has(current) && !/[${}<>]/.test(current))
        yield {
          message: `the current context ${current} is not in the file`,
          severity: 'warning',
          at: [kubeconfig.at('current-context')],
        }
    }
  },
})
