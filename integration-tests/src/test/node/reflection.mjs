// A gRPC client made from what the server says of itself: no generated code, no copy of the contract.

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

// The part of grpc.reflection.v1 that is needed to ask for files; field numbers are that protocol's.
const REFLECTION = protobuf.parse(`
  syntax = "proto3";
  package grpc.reflection.v1;
  service ServerReflection {
    rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream ServerReflectionResponse);
  }
  message ServerReflectionRequest {
    oneof message_request { string file_containing_symbol = 4; string list_services = 7; }
  }
  message ServerReflectionResponse {
    oneof message_response {
      FileDescriptorResponse file_descriptor_response = 4;
      ListServiceResponse list_services_response = 6;
      ErrorResponse error_response = 7;
    }
  }
  message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
  message ListServiceResponse { repeated ServiceResponse service = 1; }
  message ServiceResponse { string name = 1; }
  message ErrorResponse { int32 error_code = 1; string error_message = 2; }
`).root;

// As text 64-bit numbers stay exact.
const OPTIONS = { longs: String, enums: String, defaults: true, oneofs: true };

const CALL_MILLIS = 30_000;

/** Asks one question of the server's reflection. */
function ask(address, question) {
  const definition = protoLoader.fromJSON(REFLECTION.toJSON(), OPTIONS);
  const { ServerReflection } = grpc.loadPackageDefinition(definition).grpc.reflection.v1;
  const client = new ServerReflection(address, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    const call = client.serverReflectionInfo({}, { deadline: Date.now() + CALL_MILLIS });
    call.on('data', (answer) => {
      call.end();
      resolve(answer);
    });
    call.on('error', reject);
    call.on('end', () => reject(new Error('the reflection ended without an answer')));
    call.write(question);
  }).finally(() => client.close());
}

/** The names of the services the server has. */
export async function services(address) {
  const answer = await ask(address, { listServices: '*' });
  return answer.listServicesResponse.service.map((service) => service.name);
}

/** Gives fields the names that JSON and JavaScript have for them: sequenceId, not sequence_id. */
function camelCased(message) {
  for (const field of message.field) {
    field.name = field.name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  }
  message.nestedType.forEach(camelCased);
}

/** protobuf.js takes a map from a descriptor for the list of its entries; makes it a map again. */
function withMaps(space) {
  for (const type of space.nestedArray) {
    if (type instanceof protobuf.Type) {
      for (const field of [...type.fieldsArray]) {
        const entry = field.resolve().resolvedType;
        if (field.repeated && entry?.options?.map_entry) {
          const { key, value } = entry.fields;
          type.remove(field);
          type.add(new protobuf.MapField(field.name, field.id, key.type, value.type));
        }
      }
    }
    if (type.nestedArray) {
      withMaps(type);
    }
  }
}

/**
 * What the server says of some services and of the messages they use.
 *
 * @param names full names of services
 */
export async function contract(address, names) {
  const files = new Map();
  for (const name of names) {
    const answer = await ask(address, { fileContainingSymbol: name });
    if (answer.errorResponse) {
      throw new Error(`reflection does not know ${name}: ${answer.errorResponse.errorMessage}`);
    }
    for (const file of answer.fileDescriptorResponse.fileDescriptorProto) {
      const decoded = descriptor.FileDescriptorProto.decode(file);
      decoded.messageType.forEach(camelCased);
      files.set(decoded.name, decoded);
    }
  }
  const root = protobuf.Root.fromDescriptor({ file: [...files.values()] });
  withMaps(root);
  return protoLoader.fromJSON(root.toJSON(), OPTIONS);
}

/** Clients whose methods return promises; a server's stream is an async iterator. */
export function connect(address, definition) {
  const { tideline } = grpc.loadPackageDefinition(definition);
  const clients = [];
  const client = (service) => {
    const stub = new tideline.v1[service](address, grpc.credentials.createInsecure());
    clients.push(stub);
    const methods = {};
    for (const [name, method] of Object.entries(tideline.v1[service].service)) {
      const call = name[0].toLowerCase() + name.slice(1);
      methods[call] = method.responseStream
        ? (request) => stub[name](request, { deadline: Date.now() + CALL_MILLIS })
        : (request) =>
            new Promise((resolve, reject) => {
              stub[name](request, { deadline: Date.now() + CALL_MILLIS }, (error, response) =>
                error ? reject(error) : resolve(response),
              );
            });
    }
    return methods;
  };
  return {
    stores: client('StoreService'),
    timelines: client('TimelineService'),
    metas: client('MetaService'),
    cursors: client('CursorService'),
    close: () => clients.forEach((stub) => stub.close()),
  };
}

// google.rpc.Status, as the trailer carries it; field numbers are that type's.
const STATUS = protobuf.parse(`
  syntax = "proto3";
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Any { string type_url = 1; bytes value = 2; }
`).root.lookupType('Status');

/**
 * The tideline.v1.ErrorDetail in the trailers of a failed call.
 *
 * @throws Error if the trailers do not carry exactly one, under the code of the call
 */
export function errorDetail(definition, error) {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (bytes === undefined) {
    throw new Error(`refused without an error detail: ${error.message}`, { cause: error });
  }
  const status = STATUS.decode(bytes);
  if (status.code !== error.code || status.details.length !== 1) {
    throw new Error(`status details do not fit the call's: ${JSON.stringify(status)}`);
  }
  const [any] = status.details;
  if (any.typeUrl !== 'type.googleapis.com/tideline.v1.ErrorDetail') {
    throw new Error(`the detail is a ${any.typeUrl}`);
  }
  return definition['tideline.v1.ErrorDetail'].deserialize(any.value);
}
