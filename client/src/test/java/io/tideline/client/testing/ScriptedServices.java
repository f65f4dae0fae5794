package io.tideline.client.testing;

import io.grpc.stub.StreamObserver;
import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.AlterStoreResponse;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.CreateStoreResponse;
import io.tideline.proto.v1.DeleteMetaRequest;
import io.tideline.proto.v1.DeleteMetaResponse;
import io.tideline.proto.v1.DescribeStoreRequest;
import io.tideline.proto.v1.DescribeStoreResponse;
import io.tideline.proto.v1.DropStoreRequest;
import io.tideline.proto.v1.DropStoreResponse;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.FlushPartitionsResponse;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.GetMetaResponse;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.GetNodeStatusResponse;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.ListMetaResponse;
import io.tideline.proto.v1.ListNodesRequest;
import io.tideline.proto.v1.ListNodesResponse;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.ListPartitionsResponse;
import io.tideline.proto.v1.ListStoresRequest;
import io.tideline.proto.v1.ListStoresResponse;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.PutMetaResponse;
import io.tideline.proto.v1.StoreServiceGrpc;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.UpdateMetaResponse;

/** The services that answer what a test scripted, and an empty response otherwise. */
final class ScriptedServices {

  private ScriptedServices() {}

  /** MetaService. */
  static final class Metas extends MetaServiceGrpc.MetaServiceImplBase {
    private final FakeServices services;

    Metas(FakeServices services) {
      this.services = services;
    }

    @Override
    public void putMeta(PutMetaRequest request, StreamObserver<PutMetaResponse> out) {
      services.serve(
          "PutMeta", request, PutMetaResponse.class, out, PutMetaResponse::getDefaultInstance);
    }

    @Override
    public void updateMeta(UpdateMetaRequest request, StreamObserver<UpdateMetaResponse> out) {
      services.serve(
          "UpdateMeta",
          request,
          UpdateMetaResponse.class,
          out,
          UpdateMetaResponse::getDefaultInstance);
    }

    @Override
    public void getMeta(GetMetaRequest request, StreamObserver<GetMetaResponse> out) {
      services.serve(
          "GetMeta", request, GetMetaResponse.class, out, GetMetaResponse::getDefaultInstance);
    }

    @Override
    public void deleteMeta(DeleteMetaRequest request, StreamObserver<DeleteMetaResponse> out) {
      services.serve(
          "DeleteMeta",
          request,
          DeleteMetaResponse.class,
          out,
          DeleteMetaResponse::getDefaultInstance);
    }

    @Override
    public void listMeta(ListMetaRequest request, StreamObserver<ListMetaResponse> out) {
      services.serve(
          "ListMeta", request, ListMetaResponse.class, out, ListMetaResponse::getDefaultInstance);
    }
  }

  /** StoreService. */
  static final class Stores extends StoreServiceGrpc.StoreServiceImplBase {
    private final FakeServices services;

    Stores(FakeServices services) {
      this.services = services;
    }

    @Override
    public void createStore(CreateStoreRequest request, StreamObserver<CreateStoreResponse> out) {
      services.serve(
          "CreateStore",
          request,
          CreateStoreResponse.class,
          out,
          CreateStoreResponse::getDefaultInstance);
    }

    @Override
    public void describeStore(
        DescribeStoreRequest request, StreamObserver<DescribeStoreResponse> out) {
      services.serve(
          "DescribeStore",
          request,
          DescribeStoreResponse.class,
          out,
          DescribeStoreResponse::getDefaultInstance);
    }

    @Override
    public void listStores(ListStoresRequest request, StreamObserver<ListStoresResponse> out) {
      services.serve(
          "ListStores",
          request,
          ListStoresResponse.class,
          out,
          ListStoresResponse::getDefaultInstance);
    }

    @Override
    public void alterStore(AlterStoreRequest request, StreamObserver<AlterStoreResponse> out) {
      services.serve(
          "AlterStore",
          request,
          AlterStoreResponse.class,
          out,
          AlterStoreResponse::getDefaultInstance);
    }

    @Override
    public void dropStore(DropStoreRequest request, StreamObserver<DropStoreResponse> out) {
      services.serve(
          "DropStore",
          request,
          DropStoreResponse.class,
          out,
          DropStoreResponse::getDefaultInstance);
    }
  }

  /** AdminService. */
  static final class Admin extends AdminServiceGrpc.AdminServiceImplBase {
    private final FakeServices services;

    Admin(FakeServices services) {
      this.services = services;
    }

    @Override
    public void getNodeStatus(
        GetNodeStatusRequest request, StreamObserver<GetNodeStatusResponse> out) {
      services.serve(
          "GetNodeStatus",
          request,
          GetNodeStatusResponse.class,
          out,
          GetNodeStatusResponse::getDefaultInstance);
    }

    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> out) {
      services.serve(
          "ListNodes",
          request,
          ListNodesResponse.class,
          out,
          ListNodesResponse::getDefaultInstance);
    }

    @Override
    public void listPartitions(
        ListPartitionsRequest request, StreamObserver<ListPartitionsResponse> out) {
      services.serve(
          "ListPartitions",
          request,
          ListPartitionsResponse.class,
          out,
          ListPartitionsResponse::getDefaultInstance);
    }

    @Override
    public void flushPartitions(
        FlushPartitionsRequest request, StreamObserver<FlushPartitionsResponse> out) {
      services.serve(
          "FlushPartitions",
          request,
          FlushPartitionsResponse.class,
          out,
          FlushPartitionsResponse::getDefaultInstance);
    }
  }
}
