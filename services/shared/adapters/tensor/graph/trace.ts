/** Runs a computation once through tfjs-node's binding and writes each operation that it makes into a graph. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { LikenessError } from '../../../errors.ts';
import type { Binding, BoundAttribute, NativeKernels } from '../native-library.ts';
import { attribute, type Attributes, dataTypes, type Graph } from './graph-def.ts';

type DataTypeName = keyof typeof dataTypes;

/** Which tensors of the eager run are which outputs of the graph. */
export class Trace {
  readonly #graph: Graph;
  readonly #kernels: NativeKernels;
  readonly #binding: Binding;
  readonly #names = new Map<number, string>();
  readonly #used = new Map<number, TensorInfo>();

  constructor(kernels: NativeKernels, graph: Graph) {
    this.#graph = graph;
    this.#kernels = kernels;
    this.#binding = kernels.binding;
  }

  /** The tensor stands for this output, such as a placeholder's. */
  bind(tensor: Tensor, output: string): void {
    this.#names.set(this.#idOf(tensor), output);
  }

  nameOf(tensor: Tensor): string {
    return this.#outputOf(this.#idOf(tensor), tensor);
  }

  /** While `run` computes, everything that it computes is written into the graph. */
  record<T>(run: () => T): T {
    const kernels = this.#kernels;
    const getInputTensorIds = kernels.getInputTensorIds.bind(kernels);
    kernels.getInputTensorIds = (tensors) => {
      const ids = getInputTensorIds(tensors);
      for (const [at, id] of ids.entries()) this.#used.set(id, tensors[at]!);
      return ids;
    };
    // The addon's own functions cannot be replaced, so something that inherits them stands in for it.
    kernels.binding = Object.create(this.#binding, {
      createTensor: { value: this.#createTensor },
      executeOp: { value: this.#executeOp },
      tensorDataSync: { value: this.#readIndices },
    }) as Binding;
    try {
      return run();
    } finally {
      kernels.getInputTensorIds = getInputTensorIds;
      kernels.binding = this.#binding;
    }
  }

  #idOf(tensor: TensorInfo): number {
    return this.#kernels.getInputTensorIds([tensor])[0]!;
  }

  readonly #createTensor = (shape: number[], type: number, values: unknown): number => {
    const id = this.#binding.createTensor(shape, type, values);
    if (ArrayBuffer.isView(values)) this.#names.set(id, this.#graph.constant(type, shape, values as NodeJS.TypedArray));
    return id;
  };

  readonly #executeOp: Binding['executeOp'] = (op, attributes, inputs, outputs) => {
    const made = this.#binding.executeOp(op, attributes, inputs, outputs);
    const name = this.#graph.freshName();
    const sources = inputs.map((id) => this.#outputOf(id, this.#used.get(id)));
    const inferred = this.#inferredOf(op, inputs[0]);
    this.#graph.add({ name, op, inputs: sources, attributes: { ...inferred, ...this.#attributesOf(op, attributes) } });
    for (const [at, { id }] of made.entries()) this.#names.set(id, `${name}:${at}`);
    return made;
  };

  /** Indices are read by the library, which checks their bounds. Another value would be the example's for ever. */
  readonly #readIndices = (id: number): NodeJS.TypedArray => {
    const values = this.#binding.tensorDataSync(id);
    if (values instanceof Int32Array) return values;
    throw new LikenessError(
      'BadData',
      'A program reads the value of a tensor while it is traced; compute with tensors, or make it an input',
    );
  };

  /** What was computed before the recording is a constant of the graph. */
  #outputOf(id: number, tensor: TensorInfo | undefined): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const type = tensor && dataTypes[tensor.dtype as DataTypeName];
    if (!tensor || type === undefined)
      throw new LikenessError('TensorsUnavailable', `A tensor of ${tensor?.dtype ?? 'an unknown type'} in a program`);
    const name = this.#graph.constant(type, tensor.shape, this.#binding.tensorDataSync(id));
    this.#names.set(id, name);
    return name;
  }

  /** Types that tfjs-node leaves for the library to infer, which graphs must have. */
  #inferredOf(op: string, first: number | undefined): Attributes {
    const tensor = first === undefined || op !== 'ExpandDims' ? undefined : this.#used.get(first);
    return tensor ? { T: attribute.type(dataTypes[tensor.dtype as DataTypeName]) } : {};
  }

  #attributesOf(op: string, attributes: readonly BoundAttribute[]): Attributes {
    return Object.fromEntries(attributes.map((each) => [each.name, this.#attributeOf(op, each)]));
  }

  #attributeOf(op: string, { name, type, value }: BoundAttribute): Uint8Array {
    const binding = this.#binding;
    const isList = Array.isArray(value);
    if (type === binding.TF_ATTR_SHAPE) return attribute.shape(value as number[]);
    if (type === binding.TF_ATTR_TYPE) return isList ? attribute.types(value) : attribute.type(value as number);
    if (type === binding.TF_ATTR_INT) return isList ? attribute.ints(value) : attribute.int(value as number);
    if (type === binding.TF_ATTR_FLOAT) return isList ? attribute.floats(value) : attribute.float(value as number);
    if (type === binding.TF_ATTR_BOOL) return isList ? attribute.flags(value) : attribute.flag(value as boolean);
    if (type === binding.TF_ATTR_STRING && !isList) return attribute.text(value as string);
    throw new LikenessError('TensorsUnavailable', `The attribute ${name} of ${op} cannot be written into a graph`);
  }
}
