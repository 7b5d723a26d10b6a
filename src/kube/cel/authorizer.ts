import { type CelLibrary, member } from '../../formats/cel/check/declarations.js'
import { boolType, libraryType, stringType } from '../../formats/cel/types/type-node.js'
import { CelFailure, CelLibraryValue, noSuchOverload, type Value } from '../../formats/cel/values/values.js'
import { isDns1123Label, isDns1123Subdomain } from '../object/names.js'

/** What an expression asks the authorizer. */
export interface CelAuthorizationRequest {
  readonly verb: string
  /** Set by `serviceAccount(namespace, name)`; otherwise it is about the user of the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly path?: string
  readonly resource?: {
    readonly group: string
    readonly resource: string
    readonly subresource: string
    readonly namespace: string
    readonly name: string
    readonly fieldSelector: string
    readonly labelSelector: string
  }
}

export interface CelAuthorizationDecision {
  readonly allowed: boolean
  readonly reason?: string
  readonly error?: string
}

/** Decides at once; whoever binds it has looked up what it needs. */
export type CelAuthorize = (request: CelAuthorizationRequest) => CelAuthorizationDecision

type Resource = NonNullable<CelAuthorizationRequest['resource']>

/** Values of the authorizer library are only for calls: even `==` finds no overload. */
abstract class ReceiverValue extends CelLibraryValue {
  equals(): Value {
    return noSuchOverload
  }
}

type Account = CelAuthorizationRequest['serviceAccount']

class AuthorizerValue extends ReceiverValue {
  readonly typeName = 'kubernetes.authorization.Authorizer'
  readonly authorize: CelAuthorize
  readonly account: Account
  constructor(authorize: CelAuthorize, account: Account) {
    super()
    this.authorize = authorize
    this.account = account
  }
  decide(verb: string, about: { path: string } | { resource: Resource }): Value {
    return new DecisionValue(this.authorize({ verb, ...(this.account && { serviceAccount: this.account }), ...about }))
  }
}

class PathCheck extends ReceiverValue {
  readonly typeName = 'kubernetes.authorization.PathCheck'
  readonly authorizer: AuthorizerValue
  readonly path: string
  constructor(authorizer: AuthorizerValue, path: string) {
    super()
    this.authorizer = authorizer
    this.path = path
  }
}

class GroupCheck extends ReceiverValue {
  readonly typeName = 'kubernetes.authorization.GroupCheck'
  readonly authorizer: AuthorizerValue
  readonly group: string
  constructor(authorizer: AuthorizerValue, group: string) {
    super()
    this.authorizer = authorizer
    this.group = group
  }
}

class ResourceCheck extends ReceiverValue {
  readonly typeName = 'kubernetes.authorization.ResourceCheck'
  readonly authorizer: AuthorizerValue
  readonly resource: Resource
  constructor(authorizer: AuthorizerValue, resource: Resource) {
    super()
    this.authorizer = authorizer
    this.resource = resource
  }
  with(change: Partial<Resource>): ResourceCheck {
    return new ResourceCheck(this.authorizer, { ...this.resource, ...change })
  }
}

class DecisionValue extends ReceiverValue {
  readonly typeName = 'kubernetes.authorization.Decision'
  readonly decision: CelAuthorizationDecision
  constructor(decision: CelAuthorizationDecision) {
    super()
    this.decision = decision
  }
}

/** The value of the variable `authorizer`. */
export function celAuthorizer(authorize: CelAuthorize): CelLibraryValue {
  return new AuthorizerValue(authorize, undefined)
}

/** The value of `authorizer.requestResource`. */
export function celResourceAuthorizer(authorize: CelAuthorize, resource: Partial<Resource>): CelLibraryValue {
  return new ResourceCheck(new AuthorizerValue(authorize, undefined), { ...wholeResource, ...resource })
}

const wholeResource: Resource = {
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  fieldSelector: '',
  labelSelector: '',
}

const authorizer = libraryType('kubernetes.authorization.Authorizer')
const pathCheck = libraryType('kubernetes.authorization.PathCheck')
const groupCheck = libraryType('kubernetes.authorization.GroupCheck')
const resourceCheck = libraryType('kubernetes.authorization.ResourceCheck')
const decision = libraryType('kubernetes.authorization.Decision')

function narrow(name: string, id: string, key: keyof Resource): CelLibrary['functions'][number] {
  return {
    name,
    overloads: [
      member(id, [resourceCheck, stringType], resourceCheck, (check, value) =>
        (check as ResourceCheck).with({ [key]: value as string }),
      ),
    ],
  }
}

function ofDecision(
  name: string,
  id: string,
  read: (decision: CelAuthorizationDecision) => Value,
): CelLibrary['functions'][number] {
  const result = name === 'allowed' || name === 'errored' ? boolType : stringType
  return { name, overloads: [member(id, [decision], result, (value) => read((value as DecisionValue).decision))] }
}

export const authorizerLibrary: CelLibrary = {
  functions: [
    {
      name: 'path',
      overloads: [
        member('authorizer_path', [authorizer, stringType], pathCheck, (value, path) =>
          (path as string).trim() === ''
            ? new CelFailure('path must not be empty')
            : new PathCheck(value as AuthorizerValue, path as string),
        ),
      ],
    },
    {
      name: 'group',
      overloads: [
        member(
          'authorizer_group',
          [authorizer, stringType],
          groupCheck,
          (value, group) => new GroupCheck(value as AuthorizerValue, group as string),
        ),
      ],
    },
    {
      name: 'serviceAccount',
      overloads: [
        member('authorizer_serviceaccount', [authorizer, stringType, stringType], authorizer, (value, namespace, name) => {
          if (!isDns1123Subdomain(name as string)) return new CelFailure('Invalid service account name')
          if (!isDns1123Label(namespace as string)) return new CelFailure('Invalid service account namespace')
          const account = { namespace: namespace as string, name: name as string }
          return new AuthorizerValue((value as AuthorizerValue).authorize, account)
        }),
      ],
    },
    {
      name: 'resource',
      overloads: [
        member('groupcheck_resource', [groupCheck, stringType], resourceCheck, (check, resource) => {
          if ((resource as string).trim() === '') return new CelFailure('resource must not be empty')
          const { authorizer: by, group } = check as GroupCheck
          return new ResourceCheck(by, { ...wholeResource, group, resource: resource as string })
        }),
      ],
    },
    narrow('subresource', 'resourcecheck_subresource', 'subresource'),
    narrow('namespace', 'resourcecheck_namespace', 'namespace'),
    narrow('name', 'resourcecheck_name', 'name'),
    narrow('fieldSelector', 'authorizer_fieldselector', 'fieldSelector'),
    narrow('labelSelector', 'authorizer_labelselector', 'labelSelector'),
    {
      name: 'check',
      overloads: [
        member('pathcheck_check', [pathCheck, stringType], decision, (check, verb) => {
          const { authorizer: by, path } = check as PathCheck
          return by.decide(verb as string, { path })
        }),
        member('resourcecheck_check', [resourceCheck, stringType], decision, (check, verb) => {
          const { authorizer: by, resource } = check as ResourceCheck
          return by.decide(verb as string, { resource })
        }),
      ],
    },
    ofDecision('errored', 'decision_errored', (d) => d.error !== undefined),
    ofDecision('error', 'decision_error', (d) => d.error ?? ''),
    ofDecision('allowed', 'decision_allowed', (d) => d.allowed),
    ofDecision('reason', 'decision_reason', (d) => d.reason ?? ''),
  ],
}
