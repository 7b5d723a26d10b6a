import { defineCheck } from '../../contract.js'

const commands = new Set([
  'enable',
  'disable',
  'federate',
  'join',
  'unjoin',
  'orphaning-deletion',
  'version',
  'help',
  'completion',
])

export const kubefedctlUnknownCommand = defineCheck({
  id: 'kubefedctl-unknown-command',
  topic: 'federation',
  severity: 'error',
  title: 'kubefedctl is called with a command of the first federation',
  why: 'KubeFed v2 has no `init`: its control plane is installed by a Helm chart, and DNS providers went with the first version. The call ends with `unknown command`, and the joins behind it find no control plane.',
  evidence: [
    'kubernetes-retired/kubefed: pkg/kubefedctl/kubefedctl.go',
    'kubernetes-retired/kubefed: charts/kubefed',
    'archived in 2023',
  ],
  fix: 'Install the chart `kubefed` (images quay.io/kubernetes-multicluster/kubefed) into kube-federation-system; better, move off KubeFed, which is archived.',
  *run(model) {
    for (const call of model.callsOf('kubefedctl')) {
      const [command] = call.verb
      if (command === undefined || commands.has(command)) continue
      yield { message: `kubefedctl has no command ${command}`, at: [call.at()] }
    }
  },
})
