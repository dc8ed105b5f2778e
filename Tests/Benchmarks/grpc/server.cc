// gRPC in C++ (callback API) in front of bare LMDB: what a gRPC service costs with next to nothing behind it.
#include <grpcpp/grpcpp.h>
#include <lmdb.h>
#include <cstdio>
#include <cstdlib>
#include "ledger.grpc.pb.h"

namespace {
MDB_env *environment;
MDB_dbi records;

void check(int rc, const char *what) {
  if (rc) { fprintf(stderr, "grpc_server: %s: %s\n", what, mdb_strerror(rc)); exit(1); }
}

class Service final : public ledger::Ledger::CallbackService {
  grpc::ServerUnaryReactor *Get(
      grpc::CallbackServerContext *context, const ledger::GetRequest *request, ledger::Row *reply) override {
    thread_local MDB_txn *transaction = nullptr;
    if (transaction) check(mdb_txn_renew(transaction), "renew");
    else check(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction), "begin");
    uint64_t id = __builtin_bswap64(request->id());
    MDB_val key = {8, &id}, value;
    int rc = mdb_get(transaction, records, &key, &value);
    if (!rc) reply->set_row(value.mv_data, value.mv_size);
    mdb_txn_reset(transaction);
    auto *reactor = context->DefaultReactor();
    reactor->Finish(rc ? grpc::Status(grpc::StatusCode::NOT_FOUND, "") : grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor *Echo(
      grpc::CallbackServerContext *context, const ledger::Row *request, ledger::Row *reply) override {
    reply->set_row(request->row());
    auto *reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};
}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: grpc_server HOST:PORT|unix:PATH FOLDER\n"), 2;
  check(mdb_env_create(&environment), "create");
  mdb_env_set_mapsize(environment, 16ull << 30);
  mdb_env_set_maxdbs(environment, 16);
  check(mdb_env_open(environment, argv[2], MDB_RDONLY | MDB_NOTLS, 0600), argv[2]);
  MDB_txn *transaction;
  check(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction), "begin");
  check(mdb_dbi_open(transaction, "records", 0, &records), "records");
  check(mdb_txn_commit(transaction), "commit");
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  puts("ready");
  fflush(stdout);
  server->Wait();
}
