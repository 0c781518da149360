/** TensorFlow's GraphDef, node by node, and the SavedModel around it. Pure. Field numbers are those of tensorflow/core/framework. */
import { bytesField, floatField, joined, numberField } from './wire.ts';

/** TensorFlow's DataType. */
export const dataTypes = { float32: 1, int32: 3, bool: 10 } as const;

/** The protocol of graphs that this is written for: TensorFlow 2.18's. */
const producer = 1087;

const shapeOf = (shape: readonly number[]): Uint8Array =>
  joined(shape.map((size) => bytesField(2, numberField(1, size))));

/** The values of an attribute: AttrValue. */
export const attribute = {
  text: (value: string) => bytesField(2, value),
  int: (value: number) => numberField(3, value),
  float: (value: number) => floatField(4, value),
  flag: (value: boolean) => numberField(5, value ? 1 : 0),
  type: (value: number) => numberField(6, value),
  shape: (value: readonly number[]) => bytesField(7, shapeOf(value)),
  tensor: (type: number, shape: readonly number[], content: Uint8Array) =>
    bytesField(8, joined([numberField(1, type), bytesField(2, shapeOf(shape)), bytesField(4, content)])),
  ints: (values: readonly number[]) => bytesField(1, joined(values.map((value) => numberField(3, value)))),
  floats: (values: readonly number[]) => bytesField(1, joined(values.map((value) => floatField(4, value)))),
  flags: (values: readonly boolean[]) => bytesField(1, joined(values.map((value) => numberField(5, value ? 1 : 0)))),
  types: (values: readonly number[]) => bytesField(1, joined(values.map((value) => numberField(6, value)))),
} as const;

export type Attributes = Readonly<Record<string, Uint8Array>>;

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `name`, `name:output` or, to be done before, `^name`. */
  readonly inputs: readonly string[];
  readonly attributes: Attributes;
}

export class Graph {
  readonly #nodes: Uint8Array[] = [];
  #names = 0;

  freshName(): string {
    return `n${this.#names++}`;
  }

  /** Gives its name. */
  add({ name, op, inputs, attributes }: GraphNode): string {
    const named = Object.entries(attributes).map(([key, value]) =>
      bytesField(5, joined([bytesField(1, key), bytesField(2, value)])),
    );
    const parts = [bytesField(1, name), bytesField(2, op), ...inputs.map((input) => bytesField(3, input)), ...named];
    this.#nodes.push(bytesField(1, joined(parts)));
    return name;
  }

  constant(type: number, shape: readonly number[], values: NodeJS.TypedArray): string {
    const content = Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    const attributes = { dtype: attribute.type(type), value: attribute.tensor(type, shape, content) };
    return this.add({ name: this.freshName(), op: 'Const', inputs: [], attributes });
  }

  placeholder(name: string, type: number, shape: readonly number[]): string {
    const attributes = { dtype: attribute.type(type), shape: attribute.shape(shape) };
    return this.add({ name, op: 'Placeholder', inputs: [], attributes });
  }

  /** `saved_model.pb` of a model whose tag is `serve`. */
  toSavedModel(): Uint8Array {
    const graph = joined([...this.#nodes, bytesField(4, numberField(1, producer))]);
    const about = bytesField(4, 'serve');
    return joined([numberField(1, 1), bytesField(2, joined([bytesField(1, about), bytesField(2, graph)]))]);
  }
}
