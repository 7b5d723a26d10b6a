import type { GoComplex } from './values.js'

/** The tree of a parsed template. `position` is an offset in UTF-16 units in the source. */
export interface TextNode {
  readonly kind: 'text'
  readonly position: number
  readonly text: string
  /** The length of its UTF-8 form. */
  readonly bytes: number
}
export interface ActionNode {
  readonly kind: 'action'
  readonly position: number
  readonly pipe: PipeNode
}
export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range'
  readonly position: number
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}
export interface TemplateNode {
  readonly kind: 'template'
  readonly position: number
  readonly name: string
  readonly pipe: PipeNode | undefined
}
export interface JumpNode {
  readonly kind: 'break' | 'continue'
  readonly position: number
}
export interface ListNode {
  readonly kind: 'list'
  readonly position: number
  readonly nodes: readonly StatementNode[]
}
export interface PipeNode {
  readonly kind: 'pipe'
  readonly position: number
  readonly declarations: readonly VariableNode[]
  /** `$x = ...` rather than `$x := ...`. */
  readonly assigns: boolean
  readonly commands: readonly CommandNode[]
}
export interface CommandNode {
  readonly kind: 'command'
  readonly position: number
  readonly operands: readonly OperandNode[]
}
export interface IdentifierNode {
  readonly kind: 'identifier'
  readonly position: number
  readonly name: string
}
export interface VariableNode {
  readonly kind: 'variable'
  readonly position: number
  /** The name with its `$`, then the fields. */
  readonly path: readonly string[]
}
export interface FieldNode {
  readonly kind: 'field'
  readonly position: number
  readonly path: readonly string[]
}
export interface ChainNode {
  readonly kind: 'chain'
  readonly position: number
  readonly base: OperandNode
  readonly path: readonly string[]
}
export interface DotNode {
  readonly kind: 'dot' | 'nil'
  readonly position: number
}
export interface BoolNode {
  readonly kind: 'bool'
  readonly position: number
  readonly value: boolean
}
export interface NumberNode {
  readonly kind: 'number'
  readonly position: number
  readonly text: string
  /** Set when the number is integral and fits int64 or uint64. */
  readonly integer: bigint | undefined
  readonly float: number
  /** Set when the number is written with an `i`. */
  readonly complex?: GoComplex
}
export interface StringNode {
  readonly kind: 'string'
  readonly position: number
  readonly quoted: string
  readonly text: string
}

export type StatementNode = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode
export type OperandNode =
  | IdentifierNode
  | VariableNode
  | FieldNode
  | ChainNode
  | DotNode
  | BoolNode
  | NumberNode
  | StringNode
  | PipeNode
export type Node = StatementNode | ListNode | OperandNode | CommandNode

/** The text that stands in messages for a node: `executing "x" at <.a.b>`. */
export function nodeText(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'action':
      return `{{${nodeText(node.pipe)}}}`
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${nodeText(node.elseList)}`
      return `{{${node.kind} ${nodeText(node.pipe)}}}${nodeText(node.list)}${otherwise}{{end}}`
    }
    case 'template':
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`
    case 'list':
      return node.nodes.map(nodeText).join('')
    case 'pipe': {
      const names = node.declarations.map(nodeText).join(', ')
      const declared = names === '' ? '' : `${names} ${node.assigns ? '=' : ':='} `
      return declared + node.commands.map(nodeText).join(' | ')
    }
    case 'command':
      return node.operands.map(operandText).join(' ')
    case 'identifier':
      return node.name
    case 'variable':
      return node.path.join('.')
    case 'field':
      return node.path.map((name) => `.${name}`).join('')
    case 'chain':
      return operandText(node.base) + node.path.map((name) => `.${name}`).join('')
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'number':
      return node.text
    case 'string':
      return node.quoted
  }
}

function operandText(node: OperandNode): string {
  return node.kind === 'pipe' ? `(${nodeText(node)})` : nodeText(node)
}

/** Whether a template holds nothing but blanks: such a definition never replaces another one. */
export function isEmptyTree(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}
