import { defineCheck } from '../../contract.js'

/** Commands that were below `x` (`experimental`) and are now on the top level only. */
const moved = new Set([
  'create-remote-secret',
  'remote-clusters',
  'precheck',
  'ztunnel-config',
  'waypoint',
  'uninstall',
  'revision-tag',
  'wait',
  'workload',
])
const renamed: Readonly<Record<string, string>> = { 'revision-tag': 'tag' }

export const istioctlMovedCommand = defineCheck({
  id: 'istioctl-moved-command',
  topic: 'traffic',
  severity: 'error',
  title: 'istioctl is called with a command that is no longer experimental',
  why: 'Commands that graduate leave `istioctl x`: the old call ends with `unknown command`, and with a pipe behind it an empty document is applied.',
  evidence: ['istio: istioctl/cmd/root.go'],
  fix: 'Leave out the `x`.',
  *run(model) {
    for (const call of model.callsOf('istioctl')) {
      const [experimental, command] = call.words
      if (
        (experimental?.text !== 'x' && experimental?.text !== 'experimental') ||
        command === undefined ||
        !moved.has(command.text)
      )
        continue
      const name = renamed[command.text] ?? command.text
      yield {
        message: `istioctl ${experimental.text} ${command.text} is istioctl ${name} now`,
        at: [call.spot(experimental)],
        edits: [{ kind: 'words', file: call.file, start: experimental.start, end: command.end, text: name }],
      }
    }
  },
})
