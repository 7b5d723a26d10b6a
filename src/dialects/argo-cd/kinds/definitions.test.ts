import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppProjectSpec } from './app-project.js'
import type { ApplicationSpec, ApplicationStatus, Operation } from './application.js'
import type { ApplicationSetStatus } from './application-set.js'
import type { Infer } from './define-kind.js'
import { applicationSetStatus, applicationSpec, appProjectSpec, argoCdKinds } from './definitions.js'
import { applicationStatus, operation } from './schemas.js'

// The types are written by hand for their comments; these lines do not compile when a declaration has another shape.
const declared = <T>(_schema: { readonly type?: unknown }, _value: T | undefined) => undefined
declared<ApplicationSpec>(applicationSpec, undefined as Infer<typeof applicationSpec> | undefined)
declared<ApplicationStatus>(applicationStatus, undefined as Infer<typeof applicationStatus> | undefined)
declared<Operation>(operation, undefined as Infer<typeof operation> | undefined)
declared<AppProjectSpec>(appProjectSpec, undefined as Infer<typeof appProjectSpec> | undefined)
declared<ApplicationSetStatus>(applicationSetStatus, undefined as Infer<typeof applicationSetStatus> | undefined)

interface Version {
  subresources?: { status?: unknown }
  additionalPrinterColumns?: { name: string; priority?: number }[]
  schema: { openAPIV3Schema: { required: string[]; properties: Record<string, unknown> } }
}

test('definitions have the names, columns and subresources that upstream`s have', () => {
  const summary = argoCdKinds.map(({ definition }) => {
    const spec = definition.spec as { names: { shortNames: string[] }; versions: Version[] }
    const version = spec.versions[0]!
    return [
      definition.metadata.name,
      spec.names.shortNames.join(),
      version.subresources?.status !== undefined,
      version.additionalPrinterColumns?.map((column) => `${column.name}${column.priority ?? ''}`).join() ?? '',
      version.schema.openAPIV3Schema.required.join(),
    ].join(' | ')
  })
  assert.deepEqual(summary, [
    'appprojects.argoproj.io | appproj,appprojs | false |  | metadata,spec',
    'applications.argoproj.io | app,apps | false | Sync Status,Health Status,Revision10,Project10 | metadata,spec',
    'applicationsets.argoproj.io | appset,appsets | true |  | metadata,spec',
  ])
})

test('every node of every schema is structural', () => {
  const visit = (node: Record<string, unknown>, path: string) => {
    assert.ok(node.type !== undefined || node['x-kubernetes-int-or-string'] === true, `${path} has a type`)
    for (const [name, child] of Object.entries((node.properties ?? {}) as Record<string, Record<string, unknown>>))
      visit(child, `${path}.${name}`)
    if (node.items) visit(node.items as Record<string, unknown>, `${path}[]`)
    for (const name of (node.required ?? []) as string[])
      assert.ok(Object.hasOwn(node.properties as object, name), `${path} requires ${name}`)
  }
  for (const { definition } of argoCdKinds) {
    const spec = definition.spec as { versions: Version[] }
    visit(spec.versions[0]!.schema.openAPIV3Schema, definition.metadata.name)
  }
})

test('a status takes any text, as upstream`s does: Go clients create an Application with an empty one', () => {
  for (const { definition } of argoCdKinds) {
    const spec = definition.spec as { versions: Version[] }
    const { status } = spec.versions[0]!.schema.openAPIV3Schema.properties
    assert.equal(JSON.stringify(status ?? {}).includes('"enum"'), false, definition.metadata.name)
  }
})
