import { InvalidInput } from '../../base/core/index.js';
import type { Shape } from '../ir/index.js';
import type { DType, HostTensor } from '../tensor/index.js';
import { Message } from './protobuf.js';

/** Value of a node's attribute: the kind decides how it is encoded. */
export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: HostTensor }
  | { readonly kind: 'graph'; readonly value: OnnxGraph };

/** A graph inside a node (the body of a `Loop`): it may read every value of the graph around it. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxNode {
  readonly op: string;
  /** '' is ONNX's own set of operators. */
  readonly domain: '' | 'com.microsoft' | 'com.microsoft.nchwc';
  readonly name: string;
  /** '' stands for an input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** A sequence of such tensors instead of one. */
  readonly sequence?: boolean;
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyArray<readonly [string, HostTensor]>;
  /** Names of the initializers whose memory belongs to this model alone: they may be moved. */
  readonly own?: ReadonlySet<string>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Version of the ONNX operator set that lowering targets. */
export const opsetVersion = 21;
const irVersion = 10;
/** Protobuf refuses messages of 2 GiB and more. */
const maxBytes = 2 ** 31 - 1;

/** TensorProto.DataType. */
export const onnxTypes: Readonly<Record<DType, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  bf16: 16,
};

const attributeTypes = { float: 1, int: 2, text: 3, tensor: 4, graph: 5, ints: 7 } as const;

function encodeTensor(name: string, tensor: HostTensor): Message {
  return new Message()
    .packedInts(1, tensor.shape)
    .int(2, onnxTypes[tensor.dtype])
    .text(8, name)
    .bytes(9, bytesOf(tensor));
}

function bytesOf({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** A tensor whose bytes are handed over beside the model, under the name `location`. */
function encodeReference(name: string, { dtype, shape, data }: HostTensor, location: string): Message {
  const message = new Message().packedInts(1, shape).int(2, onnxTypes[dtype]).text(8, name);
  const entries = { location, offset: '0', length: `${data.byteLength}` };
  for (const [key, value] of Object.entries(entries)) message.message(13, new Message().text(1, key).text(2, value));
  return message.int(14, 1);
}

function encodeAttribute(name: string, attribute: OnnxAttribute): Message {
  const message = new Message().text(1, name);
  switch (attribute.kind) {
    case 'float':
      message.float(2, attribute.value);
      break;
    case 'int':
      message.int(3, attribute.value);
      break;
    case 'text':
      message.text(4, attribute.value);
      break;
    case 'tensor':
      message.message(5, encodeTensor('', attribute.value));
      break;
    case 'graph':
      message.message(6, encodeGraph('body', attribute.value));
      break;
    case 'ints':
      message.packedInts(8, attribute.value);
      break;
    default:
      attribute satisfies never;
  }
  return message.int(20, attributeTypes[attribute.kind]);
}

function encodeNode(node: OnnxNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.text(1, input);
  for (const output of node.outputs) message.text(2, output);
  message.text(3, node.name).text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) message.message(5, encodeAttribute(name, attribute));
  if (node.domain) message.text(7, node.domain);
  return message;
}

function encodeValue({ name, dtype, shape, sequence }: OnnxValue): Message {
  const dims = new Message();
  for (const dim of shape) {
    dims.message(1, typeof dim === 'number' ? new Message().int(1, dim) : new Message().text(2, dim));
  }
  const tensor = new Message().message(1, new Message().int(1, onnxTypes[dtype]).message(2, dims));
  const type = sequence ? new Message().message(4, new Message().message(1, tensor)) : tensor;
  return new Message().text(1, name).message(2, type);
}

function encodeGraph(name: string, { nodes, inputs, outputs }: OnnxGraph): Message {
  const graph = new Message();
  for (const node of nodes) graph.message(1, encodeNode(node));
  graph.text(2, name);
  for (const input of inputs) graph.message(11, encodeValue(input));
  for (const output of outputs) graph.message(12, encodeValue(output));
  return graph;
}

function encodeWith(model: OnnxModel, initializer: (name: string, tensor: HostTensor) => Message): Uint8Array {
  const graph = new Message();
  for (const node of model.nodes) graph.message(1, encodeNode(node));
  graph.text(2, model.name);
  for (const [name, tensor] of model.initializers) graph.message(5, initializer(name, tensor));
  for (const input of model.inputs) graph.message(11, encodeValue(input));
  for (const output of model.outputs) graph.message(12, encodeValue(output));
  const message = new Message()
    .int(1, irVersion)
    .text(2, 'abovo')
    .message(7, graph)
    .message(8, new Message().text(1, '').int(2, opsetVersion))
    .message(8, new Message().text(1, 'com.microsoft').int(2, 1));
  if (model.nodes.some(({ domain }) => domain === 'com.microsoft.nchwc')) {
    message.message(8, new Message().text(1, 'com.microsoft.nchwc').int(2, 1));
  }
  if (message.length > maxBytes) {
    throw new InvalidInput(
      'onnx.size',
      `encode ${model.name}: expected less than 2 GiB, got ${message.length} bytes; bind weights to buffers instead of making them constants`,
      { bytes: message.length },
    );
  }
  return message.encode();
}

/** Encodes a model as an ONNX `ModelProto`. Throws `onnx.size` for models past protobuf's limit of 2 GiB. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return encodeWith(model, encodeTensor);
}

/** Tensors from this size on are handed over beside their model; smaller ones may be shapes, which must be in it. */
const leastApart = 65_536;

/** A model without its large initializers, and these beside it. */
export interface ModelInParts {
  readonly model: Uint8Array;
  /** Each under its `location` in the model; `own` as in `OnnxModel`. */
  readonly weights: ReadonlyArray<{ readonly location: string; readonly tensor: HostTensor; readonly own: boolean }>;
}

/** Encodes a model whose large initializers stay where they are: no copy, and no limit of 2 GiB for them. */
export function encodeInParts(model: OnnxModel): ModelInParts {
  const weights: { location: string; tensor: HostTensor; own: boolean }[] = [];
  const encoded = encodeWith(model, (name, tensor) => {
    if (tensor.data.byteLength < leastApart) return encodeTensor(name, tensor);
    const location = `weight-${weights.length}`;
    weights.push({ location, tensor, own: model.own?.has(name) ?? false });
    return encodeReference(name, tensor, location);
  });
  return { model: encoded, weights };
}
