import { closest } from '../../../../base/closest.js'
import { defineCheck } from '../../contract.js'

/** Flags of `eksctl create cluster` that people write from other tools or from memory, and what they probably want. */
const invented: Readonly<Record<string, string>> = {
  'enable-iam': 'Leave it out: `--with-oidc` gives roles to service accounts.',
  'enable-pod-identity': 'Leave it out and run `eksctl create addon --name eks-pod-identity-agent` afterwards.',
}

const known = [
  'with-oidc',
  'name',
  'region',
  'version',
  'nodes',
  'nodes-min',
  'nodes-max',
  'node-type',
  'managed',
  'fargate',
  'zones',
  'config-file',
]

export const eksctlUnknownFlag = defineCheck({
  id: 'eksctl-unknown-flag',
  topic: 'lifecycle',
  severity: 'error',
  title: 'eksctl is called with a flag that it does not have',
  why: 'eksctl refuses a flag that it does not know before it does anything, so the script stops there.',
  evidence: ['eksctl-io/eksctl: only --with-oidc exists'],
  fix: 'Take the flag out.',
  *run(model) {
    for (const call of model.callsOf('eksctl', 'create', 'cluster')) {
      for (const flag of call.flags) {
        const instead = Object.hasOwn(invented, flag) ? invented[flag] : undefined
        const near = instead === undefined && flag.length > 4 && !known.includes(flag) ? closest(flag, known) : undefined
        if (instead === undefined && near === undefined) continue
        yield {
          message: `eksctl create cluster has no flag --${flag}${near === undefined ? '' : `: did you mean --${near}?`}`,
          at: [call.at(flag)],
          ...(instead === undefined ? {} : { fix: instead }),
        }
      }
    }
  },
})
