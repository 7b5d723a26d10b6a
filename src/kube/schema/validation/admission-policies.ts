import { explainDns1035Label, explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { checkAdmissionRule, checkMatchConditions, goList } from './admission-rules.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'
import { checkSelector } from './labels.js'

/** ValidatingAdmissionPolicies; their expressions are compiled elsewhere. */
export function checkAdmissionPolicy(policy: Members, to: Findings): void {
  const spec = membersOf(policy['spec'])
  if (!isSet(spec['failurePolicy'])) to.required('spec.failurePolicy')
  to.oneOf('spec.failurePolicy', spec['failurePolicy'], ['Fail', 'Ignore'])
  if (isSet(spec['paramKind'])) checkParamKind(membersOf(spec['paramKind']), to)
  if (!isSet(spec['matchConstraints'])) to.required('spec.matchConstraints')
  else {
    const constraints = membersOf(spec['matchConstraints'])
    checkMatchResources(constraints, 'spec.matchConstraints', to)
    if (listOf(constraints['resourceRules']).length === 0) to.required('spec.matchConstraints.resourceRules')
  }
  checkMatchConditions(spec['matchConditions'], 'spec.matchConditions', explainQualifiedName, to)
  for (const [index, variable] of structsOf(spec['variables']).entries()) checkVariable(variable, `spec.variables[${index}]`, to)
  const validations = structsOf(spec['validations'])
  const annotations = structsOf(spec['auditAnnotations'])
  if (validations.length === 0 && annotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item'
    to.required('spec.validations', why)
    to.required('spec.auditAnnotations', why)
  }
  for (const [index, validation] of validations.entries()) checkValidation(validation, `spec.validations[${index}]`, to)
  if (annotations.length > 20) {
    to.invalid('spec.auditAnnotations', annotations, 'must not have more than 20 auditAnnotations')
  }
  const name = textOf(membersOf(policy['metadata'])['name'])
  const keys = new Set<string>()
  for (const [index, annotation] of annotations.entries()) {
    const at = `spec.auditAnnotations[${index}]`
    const key = textOf(annotation['key'])
    to.explain(`${at}.key`, `${name}/${key}`, explainQualifiedName(`${name}/${key}`))
    const expression = textOf(annotation['valueExpression']).trim()
    if (expression === '') to.required(`${at}.valueExpression`, 'valueExpression is not specified')
    else if (expression.length > 5120) to.required(`${at}.valueExpression`, 'must not exceed 5120 bytes in length')
    if (keys.has(key)) to.duplicate(`${at}.key`, key)
    keys.add(key)
  }
}

function checkParamKind({ apiVersion, kind }: Members, to: Findings): void {
  const text = textOf(apiVersion)
  const parts = text.split('/')
  const at = 'spec.paramKind.apiVersion'
  if (text === '') to.required(at)
  else if (parts.length > 2) to.invalid(at, text, `unexpected GroupVersion string: ${text}`)
  else {
    const [group, version] = parts.length === 2 ? parts : ['', text]
    if (group) {
      const problems = explainDns1123Subdomain(group)
      if (problems.length > 0) to.invalid(at, group, problems.join(','))
    }
    if (!version) to.invalid(at, text, 'version must be specified')
    else {
      const problems = explainDns1035Label(version)
      if (problems.length > 0) to.invalid(at, version, problems.join(','))
    }
  }
  if (textOf(kind) === '') {
    to.required('spec.paramKind.kind')
    return
  }
  const problems = explainDns1035Label(textOf(kind).toLowerCase())
  if (problems.length === 0) return
  to.invalid('spec.paramKind.kind', kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
}

function checkMatchResources(match: Members, at: string, to: Findings): void {
  if (!isSet(match['matchPolicy'])) to.required(`${at}.matchPolicy`)
  to.oneOf(`${at}.matchPolicy`, match['matchPolicy'], ['Equivalent', 'Exact'])
  for (const field of ['namespaceSelector', 'objectSelector']) {
    if (!isSet(match[field])) to.required(`${at}.${field}`)
    else checkSelector(match[field], `${at}.${field}`, to)
  }
  for (const field of ['resourceRules', 'excludeResourceRules']) {
    for (const [index, rule] of structsOf(match[field]).entries()) {
      const names = listOf(rule['resourceNames']).map(textOf)
      for (const [position, name] of names.entries()) {
        const where = `${at}.${field}[${index}].resourceNames[${position}]`
        to.explain(where, name, explainPathSegment(name))
        if (names.indexOf(name) < position) to.duplicate(where, name)
      }
      checkAdmissionRule(rule, `${at}.${field}[${index}]`, to)
    }
  }
}

/** Names that may stand in a path. */
function explainPathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

const reserved =
  /^(?:true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/

function checkVariable(variable: Members, at: string, to: Findings): void {
  const name = textOf(variable['name'])
  if (name.trim() === '') to.required(`${at}.name`, 'name is not specified')
  else if (!/^[_a-zA-Z]\w*$/.test(name) || reserved.test(name)) {
    to.invalid(`${at}.name`, name, 'name is not a valid CEL identifier')
  }
  if (textOf(variable['expression']).trim() === '') to.required(`${at}.expression`, 'expression is not specified')
}

function checkValidation(validation: Members, at: string, to: Findings): void {
  if (textOf(validation['expression']).trim() === '') to.required(`${at}.expression`, 'expression is not specified')
  const { message, messageExpression } = validation
  if (textOf(messageExpression) !== '' && textOf(messageExpression).trim() === '') {
    to.invalid(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified')
  }
  const text = textOf(message)
  if (text !== '' && text.trim() === '') to.invalid(`${at}.message`, text, 'message must be non-empty if specified')
  else if (/[\r\n]/.test(text.trim())) to.invalid(`${at}.message`, text, 'message must not contain line breaks')
  to.oneOf(`${at}.reason`, validation['reason'], ['Forbidden', 'Invalid', 'RequestEntityTooLarge'])
}

const actions = ['Audit', 'Deny', 'Warn']

export function checkAdmissionPolicyBinding(binding: Members, to: Findings): void {
  const spec = membersOf(binding['spec'])
  const policy = textOf(spec['policyName'])
  if (policy === '') to.required('spec.policyName')
  else to.explain('spec.policyName', policy, explainDns1123Subdomain(policy))
  if (isSet(spec['paramRef'])) checkParamRef(membersOf(spec['paramRef']), to)
  if (isSet(spec['matchResources'])) checkMatchResources(membersOf(spec['matchResources']), 'spec.matchResources', to)
  const listed = listOf(spec['validationActions']).map(textOf)
  for (const [index, action] of listed.entries()) {
    const at = `spec.validationActions[${index}]`
    if (!actions.includes(action)) to.notSupported(at, action, actions)
    if (listed.indexOf(action) < index) to.duplicate(at, action)
  }
  if (listed.includes('Deny') && listed.includes('Warn')) {
    to.invalid(
      'spec.validationActions',
      goList(listed, 'admissionregistration.ValidationAction'),
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    )
  }
  if (listed.length === 0) to.required('spec.validationActions', 'at least one validation action is required')
}

function checkParamRef(ref: Members, to: Findings): void {
  const name = textOf(ref['name'])
  const both = 'name and selector are mutually exclusive'
  const hasSelector = isSet(ref['selector'])
  if (name !== '') {
    to.explain('spec.paramRef.name', name, explainPathSegment(name))
    if (hasSelector) to.forbidden('spec.paramRef.name', both)
  }
  if (hasSelector) {
    checkSelector(ref['selector'], 'spec.paramRef.selector', to)
    if (name !== '') to.forbidden('spec.paramRef.selector', both)
  }
  if (name === '' && !hasSelector) to.required('spec.paramRef', 'one of name or selector must be specified')
  const action = textOf(ref['parameterNotFoundAction'])
  if (action === '') to.required('spec.paramRef.parameterNotFoundAction')
  else to.oneOf('spec.paramRef.parameterNotFoundAction', action, ['Deny', 'Allow'])
}
