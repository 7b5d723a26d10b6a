import type { KubeObject } from '../../kube/object/kube-object.js'
import { at, listAt, numberAt, orElse, textAt } from './fields.js'
import { ageOf } from './human-duration.js'
import { definePrinter, type TablePrinter } from './printer.js'

const age = (object: KubeObject, now: number) => ageOf(object.metadata.creationTimestamp, now)

/** For kinds that nothing else is known of. */
export const plainPrinter = definePrinter('Name|Created At:date', (object) => [
  object.metadata.name,
  object.metadata.creationTimestamp ?? null,
])

const rolePrinter = definePrinter('Name|Created At:date', (object) => [
  object.metadata.name,
  object.metadata.creationTimestamp ?? '<unknown>',
])

const bindingPrinter = definePrinter('Name|Role|Age|Users+|Groups+|ServiceAccounts+', (object, now) => {
  const subjects = (kind: string) => listAt(object, 'subjects').filter((subject) => textAt(subject, 'kind') === kind)
  const names = (kind: string) =>
    subjects(kind)
      .map((subject) => textAt(subject, 'name'))
      .join(', ')
  return [
    object.metadata.name,
    `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`,
    age(object, now),
    names('User'),
    names('Group'),
    subjects('ServiceAccount')
      .map((subject) => `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}`)
      .join(', '),
  ]
})

const webhookPrinter = definePrinter('Name|Webhooks:integer|Age', (object, now) => [
  object.metadata.name,
  listAt(object, 'webhooks').length,
  age(object, now),
])

/** Roles, admission and API registration, by group resource. */
export const accessPrinters: Readonly<Record<string, TablePrinter>> = {
  'roles.rbac.authorization.k8s.io': rolePrinter,
  'clusterroles.rbac.authorization.k8s.io': rolePrinter,
  'rolebindings.rbac.authorization.k8s.io': bindingPrinter,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingPrinter,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhookPrinter,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhookPrinter,
  'validatingadmissionpolicies.admissionregistration.k8s.io': definePrinter(
    'Name|Validations:integer|ParamKind|Age',
    (object, now) => {
      const kind = at(object, 'spec', 'paramKind')
      return [
        object.metadata.name,
        listAt(object, 'spec', 'validations').length,
        kind === undefined ? '<unset>' : `${textAt(kind, 'apiVersion')}/${textAt(kind, 'kind')}`,
        age(object, now),
      ]
    },
  ),
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': definePrinter(
    'Name|PolicyName|ParamRef|Age',
    (object, now) => {
      const parameter = at(object, 'spec', 'paramRef')
      const namespace = textAt(parameter, 'namespace')
      return [
        object.metadata.name,
        textAt(object, 'spec', 'policyName'),
        parameter === undefined
          ? '<unset>'
          : `${namespace === '' ? '' : `${namespace}/`}${orElse(textAt(parameter, 'name'), '*')}`,
        age(object, now),
      ]
    },
  ),
  'apiservices.apiregistration.k8s.io': definePrinter('Name|Service|Available|Age', (object, now) => {
    const service = at(object, 'spec', 'service')
    const available = listAt(object, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Available')
    const state = orElse(textAt(available, 'status'), 'Unknown')
    return [
      object.metadata.name,
      service === undefined ? 'Local' : `${textAt(service, 'namespace')}/${textAt(service, 'name')}`,
      state === 'True' || textAt(available, 'reason') === '' ? state : `${state} (${textAt(available, 'reason')})`,
      age(object, now),
    ]
  }),
  'flowschemas.flowcontrol.apiserver.k8s.io': definePrinter(
    'Name|PriorityLevel|MatchingPrecedence|DistinguisherMethod|Age|MissingPL',
    (object, now) => {
      const dangling = listAt(object, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Dangling')
      return [
        object.metadata.name,
        textAt(object, 'spec', 'priorityLevelConfiguration', 'name'),
        numberAt(object, 'spec', 'matchingPrecedence'),
        orElse(textAt(object, 'spec', 'distinguisherMethod', 'type'), '<none>'),
        age(object, now),
        orElse(textAt(dangling, 'status'), '?'),
      ]
    },
  ),
}
