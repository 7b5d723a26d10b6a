import { messageOf } from '../../base/errors.js'
import { ArgumentError, checkArgument, literalArgument, nilArgument, numberConstant } from './arguments.js'
import { TemplateBudgetError, TemplateExecutionError } from './errors.js'
import type { CallContext, FunctionTable, GoFunction, ParameterType } from './functions.js'
import {
  type BranchNode,
  type CommandNode,
  type ListNode,
  type Node,
  nodeText,
  type OperandNode,
  type PipeNode,
  type StatementNode,
  type TemplateNode,
} from './nodes.js'
import type { Definition } from './parse.js'
import { printValue } from './print.js'
import { chargeForParts, costOfResult, functionsThatLookInside } from './value-size.js'
import {
  byteLength,
  GoInt,
  GoStruct,
  hasInterfaceElements,
  int,
  integerOf,
  isFunction,
  isMap,
  isTrue,
  sortedKeys,
  typeName,
  wellFormed,
  zeroElement,
} from './values.js'

export type MissingKey = 'default' | 'invalid' | 'zero' | 'error'

/** How much one execution may do; each counts everything that it renders, nested templates too. */
export interface Budget {
  /** Nodes walked and calls made, plus what functions charge. */
  readonly steps: number
  readonly outputBytes: number
  /** Templates inside templates. */
  readonly depth: number
  /** Counts the steps of several executions together; each alone when absent. */
  readonly spent?: { steps: number }
  /** A clock that only goes forward, in milliseconds, and when the execution must be over. Looked at every 256 steps. */
  readonly time?: {
    readonly elapsed: () => number
    readonly endsAt: number
    /** What else ends the execution, as it is told to people. */
    readonly problem?: () => string | undefined
  }
}

export interface ExecutionOptions {
  readonly functions: FunctionTable
  readonly missingKey: MissingKey
  readonly budget: Budget
  readonly templates: TemplateSet
}

/** Definitions that know each other by name. */
export interface TemplateSet {
  readonly name: string
  find(name: string): Definition | undefined
}

interface Variable {
  readonly name: string
  value: unknown
}

/** An element of a list or map of interface type: the same value, but messages name its type `interface {}`. */
class Boxed {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
}

function unbox(value: unknown): unknown {
  return value instanceof Boxed ? value.value : value
}

type Outcome = 'next' | 'break' | 'continue'
const noOperands: readonly OperandNode[] = []
const absent = Symbol('no argument from the pipeline')

/** One run over the definitions of a set of templates. */
export class Execution implements CallContext {
  readonly #options: ExecutionOptions
  #templates: TemplateSet
  #definition: Definition
  #node: Node | undefined
  #variables: Variable[] = []
  #depth = 0
  readonly #spent: { steps: number }
  #written = 0
  #sinceTime = 0
  #output = ''

  constructor(definition: Definition, options: ExecutionOptions) {
    this.#definition = definition
    this.#options = options
    this.#templates = options.templates
    this.#spent = options.budget.spent ?? { steps: 0 }
  }

  get templates(): TemplateSet {
    return this.#templates
  }

  run(data: unknown): string {
    this.#checkTime()
    try {
      return this.#runDefinition(this.#definition, data)
    } catch (error) {
      if (error instanceof RangeError) {
        const what = /length|count/.test(error.message) ? 'a value is too large' : 'nested too deeply'
        throw new TemplateBudgetError(`template: ${this.#place()}: ${what}: ${error.message}`)
      }
      throw error
    }
  }

  readonly #charge = (size: number): void => this.charge(size)

  charge(size: number): void {
    this.#spent.steps += size
    if (!(this.#spent.steps <= this.#options.budget.steps)) {
      throw new TemplateBudgetError(`template: ${this.#place()}: more than ${this.#options.budget.steps} steps`)
    }
    if ((this.#sinceTime += size) >= 256) this.#checkTime()
  }

  #checkTime(): void {
    this.#sinceTime = 0
    const { time } = this.#options.budget
    if (time === undefined) return
    const why = time.elapsed() > time.endsAt ? 'still running when its time was over' : time.problem?.()
    if (why !== undefined) throw new TemplateBudgetError(`template: ${this.#place()}: ${why}`)
  }

  render(name: string, data: unknown): string {
    const definition = this.#templates.find(name)
    if (definition === undefined)
      throw new Error(
        `template: no template ${JSON.stringify(name)} associated with template ${JSON.stringify(this.#templates.name)}`,
      )
    // Executing a template with nil gives it no value at all, whose fields are no values either.
    return this.#nested(definition, () => this.#runDefinition(definition, data ?? undefined))
  }

  renderIn(templates: unknown, name: string, data: unknown): string {
    const outer = this.#templates
    this.#templates = templates as TemplateSet
    try {
      return this.render(name, data)
    } finally {
      this.#templates = outer
    }
  }

  #runDefinition(definition: Definition, data: unknown): string {
    const outer = { output: this.#output, variables: this.#variables, node: this.#node, definition: this.#definition }
    this.#output = ''
    this.#variables = [{ name: '$', value: data }]
    this.#definition = definition
    this.#node = undefined
    this.#walkList(data, definition.root)
    const output = this.#output
    this.#output = outer.output
    this.#variables = outer.variables
    this.#node = outer.node
    this.#definition = outer.definition
    return output
  }

  #nested<T>(definition: Definition, run: () => T): T {
    if (this.#depth >= this.#options.budget.depth)
      this.#fail(`exceeded maximum template depth (${this.#options.budget.depth}) in ${definition.name}`)
    this.#depth++
    const result = run()
    this.#depth--
    return result
  }

  #write(text: string, bytes = byteLength(text)): void {
    this.#written += bytes
    if (this.#written > this.#options.budget.outputBytes) {
      throw new TemplateBudgetError(`template: ${this.#place()}: more than ${this.#options.budget.outputBytes} bytes of output`)
    }
    this.#output += text
  }

  /** `NAME:LINE:COLUMN` of the node at work; columns count bytes from 0, as Go's do. */
  #place(): string {
    const { source } = this.#definition
    if (this.#node === undefined) return source.name
    const before = source.text.slice(0, this.#node.position)
    const lineStart = before.lastIndexOf('\n') + 1
    const line = before.split('\n').length
    return `${source.name}:${line}:${byteLength(before.slice(lineStart))}`
  }

  #fail(what: string, cause?: unknown): never {
    const message = wellFormed(what)
    if (this.#node === undefined) throw new TemplateExecutionError(`template: ${this.#definition.name}: ${message}`, cause)
    const name = JSON.stringify(this.#definition.name)
    throw new TemplateExecutionError(
      `template: ${this.#place()}: executing ${name} at <${nodeText(this.#node)}>: ${message}`,
      cause,
    )
  }

  #checked<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      if (error instanceof ArgumentError) this.#fail(error.message)
      throw error
    }
  }

  #walkList(dot: unknown, list: ListNode): Outcome {
    for (const node of list.nodes) {
      const outcome = this.#walk(dot, node)
      if (outcome !== 'next') return outcome
    }
    return 'next'
  }

  #walk(dot: unknown, node: StatementNode): Outcome {
    this.#node = node
    this.charge(1)
    switch (node.kind) {
      case 'text':
        this.#write(node.text, node.bytes)
        return 'next'
      case 'action': {
        const value = this.#evaluatePipe(dot, node.pipe)
        if (node.pipe.declarations.length === 0) this.#print(node, value)
        return 'next'
      }
      case 'break':
      case 'continue':
        return node.kind
      case 'template':
        this.#walkTemplate(dot, node)
        return 'next'
      case 'range':
        return this.#walkRange(dot, node)
      default: {
        const mark = this.#variables.length
        const value = this.#evaluatePipe(dot, node.pipe)
        let outcome: Outcome = 'next'
        if (isTrue(value)) outcome = this.#walkList(node.kind === 'with' ? value : dot, node.list)
        else if (node.elseList !== undefined) outcome = this.#walkList(dot, node.elseList)
        this.#variables.length = mark
        return outcome
      }
    }
  }

  #print(node: Node, value: unknown): void {
    this.#node = node
    if (value === undefined) this.#write('<no value>')
    else if (isFunction(value)) this.#fail(`can't print ${nodeText(node)} of type ${typeName(value)}`)
    else {
      if (typeof value === 'object') chargeForParts([value], this.#charge)
      this.#write(value instanceof GoStruct && value.addressText !== undefined ? value.addressText() : printValue(value))
    }
  }

  #walkTemplate(dot: unknown, node: TemplateNode): void {
    const definition = this.#templates.find(node.name)
    if (definition === undefined) this.#fail(`template ${JSON.stringify(node.name)} not defined`)
    const data = node.pipe === undefined ? undefined : this.#evaluatePipe(dot, node.pipe)
    const {
      node: at,
      definition: outer,
      variables,
    } = { node: this.#node, definition: this.#definition, variables: this.#variables }
    this.#nested(definition, () => {
      this.#definition = definition
      this.#variables = [{ name: '$', value: data }]
      this.#walkList(data, definition.root)
    })
    this.#node = at
    this.#definition = outer
    this.#variables = variables
  }

  #walkRange(dot: unknown, node: BranchNode): Outcome {
    const start = this.#variables.length
    const value = this.#evaluatePipe(dot, node.pipe)
    const mark = this.#variables.length
    const elements = this.#elements(value, node)
    let ran = false
    let outcome: Outcome = 'next'
    for (const [index, element] of elements) {
      ran = true
      this.charge(1)
      this.#setRangeVariables(node.pipe, index, element)
      const result = this.#walkList(element, node.list)
      this.#variables.length = mark
      if (result === 'break') break
    }
    if (!ran && node.elseList !== undefined) outcome = this.#walkList(dot, node.elseList)
    this.#variables.length = start
    return outcome
  }

  *#elements(value: unknown, node: BranchNode): Generator<readonly [unknown, unknown]> {
    const target = value instanceof GoStruct && value.underlying !== undefined ? value.underlying : value
    const integer = integerOf(target)
    if (integer !== undefined) {
      if (node.pipe.declarations.length > 1) this.#fail(`can't use ${printValue(target)} to iterate over more than one variable`)
      const type = target instanceof GoInt ? target.type : 'int64'
      for (let count = 0n; count < integer; count++) yield [undefined, new GoInt(count, type)]
    } else if (Array.isArray(target)) {
      const boxes = typeName(target) === '[]interface {}'
      for (const [index, element] of target.entries()) yield [int(index), boxes ? new Boxed(element) : element]
    } else if (target instanceof Uint8Array) {
      for (const [index, byte] of target.entries()) yield [int(index), new GoInt(BigInt(byte), 'uint8')]
    } else if (isMap(target)) {
      const boxes = hasInterfaceElements(target)
      for (const key of sortedKeys(target)) yield [key, boxes ? new Boxed(target[key]) : target[key]]
    } else if (target !== undefined && target !== null) {
      this.#fail(`range can't iterate over ${printValue(target)}`)
    }
  }

  #setRangeVariables(pipe: PipeNode, index: unknown, element: unknown): void {
    const { declarations, assigns } = pipe
    const values = declarations.length > 1 ? [index, element] : [element]
    for (const [position, declaration] of declarations.entries()) {
      if (assigns) this.#setVariable(declaration.path[0]!, values[position])
      else this.#variables[this.#variables.length - declarations.length + position]!.value = values[position]
    }
  }

  #setVariable(name: string, value: unknown): void {
    const variable = this.#variables.findLast((candidate) => candidate.name === name)
    if (variable === undefined) this.#fail(`undefined variable: ${name}`)
    variable.value = value
  }

  /** The value of a pipeline; nil inside an interface counts as no value. */
  #evaluatePipe(dot: unknown, pipe: PipeNode): unknown {
    this.#node = pipe
    let value: unknown = absent
    for (const command of pipe.commands) {
      value = unbox(this.#evaluateCommand(dot, command, value))
      if (value === null) value = undefined
    }
    for (const declaration of pipe.declarations) {
      const name = declaration.path[0]!
      if (pipe.assigns) this.#setVariable(name, value)
      else this.#variables.push({ name, value })
    }
    return value
  }

  #evaluateCommand(dot: unknown, command: CommandNode, final: unknown): unknown {
    this.charge(1)
    const first = command.operands[0]!
    switch (first.kind) {
      case 'field':
      case 'chain':
      case 'variable':
        return this.#evaluatePath(dot, first, command.operands, final)
      case 'identifier':
        this.#node = first
        return this.#callNamed(dot, first.name, command, command.operands, final)
      case 'pipe':
        this.#refuseArguments(command.operands, final)
        return this.#evaluatePipe(dot, first)
      default:
        this.#node = first
        this.#refuseArguments(command.operands, final)
    }
    switch (first.kind) {
      case 'bool':
        return first.value
      case 'dot':
        return dot
      case 'string':
        return first.text
      case 'number':
        return this.#checked(() => numberConstant(first))
      default:
        return this.#fail('nil is not a command')
    }
  }

  #refuseArguments(operands: readonly OperandNode[], final: unknown): void {
    if (operands.length > 1 || final !== absent) this.#fail(`can't give argument to non-function ${nodeText(operands[0]!)}`)
  }

  #evaluatePath(
    dot: unknown,
    node: OperandNode & { kind: 'field' | 'chain' | 'variable' },
    operands: readonly OperandNode[],
    final: unknown,
  ): unknown {
    this.#node = node
    let receiver: unknown
    let path = node.path
    if (node.kind === 'field') receiver = dot
    else if (node.kind === 'variable') {
      const variable = this.#variables.findLast((candidate) => candidate.name === node.path[0])
      if (variable === undefined) this.#fail(`undefined variable: ${node.path[0]}`)
      receiver = variable.value
      path = node.path.slice(1)
      if (path.length === 0) {
        this.#refuseArguments(operands, final)
        return receiver
      }
    } else {
      if (node.base.kind === 'nil') this.#fail(`indirection through explicit nil in ${nodeText(node)}`)
      receiver = this.#evaluateOperand(dot, node.base)
    }
    const last = path.length - 1
    for (let position = 0; position < last; position++)
      receiver = this.#field(dot, receiver, path[position]!, node, noOperands, absent)
    return this.#field(dot, receiver, path[last]!, node, operands, final)
  }

  #field(
    dot: unknown,
    boxed: unknown,
    name: string,
    node: OperandNode,
    operands: readonly OperandNode[],
    final: unknown,
  ): unknown {
    const receiver = unbox(boxed)
    if (receiver === undefined) {
      if (this.#options.missingKey === 'error') this.#fail(`nil data; no entry for key ${JSON.stringify(name)}`)
      return undefined
    }
    if (receiver === null) this.#fail(`nil pointer evaluating interface {}.${name}`)
    const hasArguments = operands.length > 1 || final !== absent
    if (receiver instanceof GoStruct) {
      const method = Object.hasOwn(receiver.methods, name) ? receiver.methods[name] : undefined
      if (isFunction(method)) return this.#call(dot, method as GoFunction, node, name, operands, final)
      if (Object.hasOwn(receiver.fields, name)) {
        if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`)
        return receiver.fields[name]
      }
    }
    const map = receiver instanceof GoStruct ? receiver.underlying : receiver
    if (isMap(map)) {
      if (hasArguments) this.#fail(`${name} is not a method but has arguments`)
      const boxes = hasInterfaceElements(map)
      if (Object.hasOwn(map, name)) return boxes ? new Boxed(map[name]) : map[name]
      if (this.#options.missingKey === 'error') this.#fail(`map has no entry for key ${JSON.stringify(name)}`)
      return this.#options.missingKey === 'zero' ? zeroElement(map) : undefined
    }
    return this.#fail(`can't evaluate field ${name} in type ${boxed instanceof Boxed ? 'interface {}' : typeName(receiver)}`)
  }

  #callNamed(dot: unknown, name: string, node: Node, operands: readonly OperandNode[], final: unknown): unknown {
    const fn = this.#options.functions.get(name)
    if (fn === undefined) this.#fail(`${JSON.stringify(name)} is not a defined function`)
    return this.#call(dot, fn, node, name, operands, final)
  }

  #call(dot: unknown, fn: GoFunction, node: Node, name: string, operands: readonly OperandNode[], final: unknown): unknown {
    const given = operands.slice(1)
    const count = given.length + (final === absent ? 0 : 1)
    const fixed = fn.parameters.length
    if (fn.rest !== undefined) {
      if (count < fixed) this.#fail(`wrong number of args for ${name}: want at least ${fixed} got ${given.length}`)
    } else if (count !== fixed) this.#fail(`wrong number of args for ${name}: want ${fixed} got ${count}`)
    if (fn.special === 'and' || fn.special === 'or') {
      let value: unknown
      for (const operand of given) {
        value = this.#argument(dot, operand, 'value')
        if (isTrue(value) === (fn.special === 'or')) return value
      }
      return final === absent ? value : final
    }
    const args: unknown[] = []
    for (const operand of given) args.push(this.#argument(dot, operand, fn.parameters[args.length] ?? fn.rest!))
    if (final !== absent) args.push(this.#checkedArgument(final, fn.parameters[args.length] ?? fn.rest!))
    if (fn.special === 'call') args.splice(1, 0, given[0] === undefined ? printValue(final) : nodeText(given[0]))
    const at = this.#node
    const definition = this.#definition
    const output = this.#output
    const variables = this.#variables
    const depth = this.#depth
    try {
      if (functionsThatLookInside.has(name)) chargeForParts(args, this.#charge)
      const result = fn.run.apply(this, args)
      const cost = costOfResult(result)
      if (cost > 0) this.charge(cost)
      return result
    } catch (error) {
      if (error instanceof TemplateBudgetError || error instanceof RangeError) throw error
      // What a template inside this one left behind when it failed.
      this.#definition = definition
      this.#output = output
      this.#variables = variables
      this.#depth = depth
      this.#node = node
      return this.#fail(`error calling ${name}: ${messageOf(error)}`, error)
    } finally {
      if (this.#node !== node) this.#node = at
    }
  }

  #argument(dot: unknown, node: OperandNode, type: ParameterType): unknown {
    this.#node = node
    switch (node.kind) {
      case 'nil':
        return this.#checked(() => nilArgument(type))
      case 'bool':
      case 'number':
      case 'string':
        return this.#checked(() => literalArgument(node, type))
      default:
        return this.#checkedArgument(unbox(this.#evaluateOperand(dot, node)), type)
    }
  }

  #checkedArgument(value: unknown, type: ParameterType): unknown {
    if (type === 'value' || (type === 'string' && typeof value === 'string') || (type === 'any' && value !== undefined))
      return value
    try {
      return checkArgument(value, type)
    } catch (error) {
      if (error instanceof ArgumentError) this.#fail(error.message)
      throw error
    }
  }

  #evaluateOperand(dot: unknown, node: OperandNode): unknown {
    switch (node.kind) {
      case 'dot':
        return dot
      case 'field':
      case 'variable':
      case 'chain':
        return this.#evaluatePath(dot, node, [], absent)
      case 'pipe':
        return this.#evaluatePipe(dot, node)
      case 'identifier':
        this.#node = node
        return this.#callNamed(dot, node.name, node, [], absent)
      default:
        return this.#fail(`can't evaluate command ${JSON.stringify(nodeText(node))}`)
    }
  }
}
