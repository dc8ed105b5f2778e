// Asks a gRPC server from one thread: channels × calls in flight on each, in a closed loop. Prints one line of JSON.
//   grpc_client TARGET get|submit|echo|etcd CHANNELS IN_FLIGHT SECONDS BASE SERVER_PID
#include <grpcpp/grpcpp.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>
#include "../load/report.h"
#include "etcd.grpc.pb.h"
#include "ledger.grpc.pb.h"

namespace {
constexpr double kWarmupSeconds = 0.5;
constexpr int kRowBytes = 400, kEchoBytes = 200, kIndexCount = 6;

std::mt19937_64 generator{std::random_device{}()};
grpc::CompletionQueue queue;
uint64_t base = 1;

std::string RandomBytes(size_t count) {
  std::string bytes(count, 0);
  for (size_t i = 0; i + 8 <= count; i += 8) { uint64_t bits = generator(); memcpy(&bytes[i], &bits, 8); }
  return bytes;
}

/// One call under way; its address is the queue's tag.
struct Call {
  virtual ~Call() = default;
  virtual void Begin() = 0;
  uint64_t begin = 0;
  grpc::Status status;
  std::unique_ptr<grpc::ClientContext> context;

 protected:
  template <typename Reader, typename Reply>
  void Finish(std::unique_ptr<Reader> &reader, Reply *reply) { reader->Finish(reply, &status, this); }
  void Prepare() { begin = now_ns(), context = std::make_unique<grpc::ClientContext>(); }
};

struct Get final : Call {
  explicit Get(const std::shared_ptr<grpc::Channel> &channel) : stub(ledger::Ledger::NewStub(channel)) {}
  void Begin() override {
    Prepare();
    request.set_id(1 + generator() % base);
    reader = stub->AsyncGet(context.get(), request, &queue);
    Finish(reader, &reply);
  }
  std::unique_ptr<ledger::Ledger::Stub> stub;
  ledger::GetRequest request;
  ledger::Row reply;
  std::unique_ptr<grpc::ClientAsyncResponseReader<ledger::Row>> reader;
};

struct Submit final : Call {
  explicit Submit(const std::shared_ptr<grpc::Channel> &channel) : stub(ledger::Ledger::NewStub(channel)) {}
  void Begin() override {
    Prepare();
    request.set_row(RandomBytes(kRowBytes));
    reader = stub->AsyncSubmit(context.get(), request, &queue);
    Finish(reader, &reply);
  }
  std::unique_ptr<ledger::Ledger::Stub> stub;
  ledger::Row request;
  ledger::Receipt reply;
  std::unique_ptr<grpc::ClientAsyncResponseReader<ledger::Receipt>> reader;
};

struct Echo final : Call {
  explicit Echo(const std::shared_ptr<grpc::Channel> &channel) : stub(ledger::Ledger::NewStub(channel)) {
    request.set_row(RandomBytes(kEchoBytes));
  }
  void Begin() override {
    Prepare();
    reader = stub->AsyncEcho(context.get(), request, &queue);
    Finish(reader, &reply);
  }
  std::unique_ptr<ledger::Ledger::Stub> stub;
  ledger::Row request, reply;
  std::unique_ptr<grpc::ClientAsyncResponseReader<ledger::Row>> reader;
};

/// One transaction of the row and its index entries.
struct Etcd final : Call {
  explicit Etcd(const std::shared_ptr<grpc::Channel> &channel) : stub(etcdserverpb::KV::NewStub(channel)) {}
  void Begin() override {
    static uint64_t id = now_ns();
    static const char *const names[kIndexCount] = {"number", "open", "worklist", "timers", "enterprise", "request"};
    Prepare();
    request.Clear();
    std::string row = std::to_string(++id);
    Put("hazards/" + row, RandomBytes(kRowBytes));
    for (int i = 0; i < kIndexCount; i++) {
      // Timers and request keys rise; the others begin with a grid or an enterprise.
      uint64_t group = i == 3 || i == 5 ? 0 : generator() % (i == 4 ? 20000 : 566);
      Put(std::string(names[i]) + "/" + std::to_string(group) + "/" + row, "");
    }
    reader = stub->AsyncTxn(context.get(), request, &queue);
    Finish(reader, &reply);
  }
  void Put(const std::string &key, const std::string &value) {
    auto *put = request.add_success()->mutable_request_put();
    put->set_key(key);
    put->set_value(value);
  }
  std::unique_ptr<etcdserverpb::KV::Stub> stub;
  etcdserverpb::TxnRequest request;
  etcdserverpb::TxnResponse reply;
  std::unique_ptr<grpc::ClientAsyncResponseReader<etcdserverpb::TxnResponse>> reader;
};

std::unique_ptr<Call> MakeCall(const std::string &work, const std::shared_ptr<grpc::Channel> &channel) {
  if (work == "get") return std::make_unique<Get>(channel);
  if (work == "submit") return std::make_unique<Submit>(channel);
  if (work == "echo") return std::make_unique<Echo>(channel);
  return std::make_unique<Etcd>(channel);
}
}  // namespace

int main(int argc, char **argv) {
  if (argc != 8) return 2;
  const int channels = atoi(argv[3]), in_flight = atoi(argv[4]);
  const double seconds = atof(argv[5]);
  base = strtoull(argv[6], nullptr, 10);
  static struct report report;
  report.server = atoi(argv[7]);
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < channels; i++) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection for each channel
    auto channel = grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
      fprintf(stderr, "grpc_client: cannot connect to %s\n", argv[1]);
      return 1;
    }
    for (int d = 0; d < in_flight; d++) calls.push_back(MakeCall(argv[2], channel));
  }
  const uint64_t start = now_ns(), begin = start + uint64_t(kWarmupSeconds * 1e9), end = begin + uint64_t(seconds * 1e9);
  for (auto &call : calls) call->Begin();
  bool is_measuring = false, is_over = false, is_ok = false;
  void *tag = nullptr;
  for (size_t open = calls.size(); open > 0 && queue.Next(&tag, &is_ok);) {
    auto *call = static_cast<Call *>(tag);
    const uint64_t now = now_ns();
    if (!is_measuring && now >= begin) is_measuring = true, report_begin(&report);
    if (!is_over && now >= end) is_over = true, report_end(&report);
    if (!call->status.ok() && report.errors++ < 3) fprintf(stderr, "grpc_client: %s\n", call->status.error_message().c_str());
    if (is_measuring && !is_over) histogram_add(&report.latency, now - call->begin);
    if (is_over) open--;
    else call->Begin();
  }
  report_print(&report);
  return report.errors > 0;
}
