#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "platform/blob/blob_conformance.hpp"

using namespace tandem;
using namespace tandem::blob;
namespace fs = std::filesystem;

namespace {

struct folder_bench {
  async::loop io;
  fs::path folder = "/var/tmp/tandem-blob-test-" + std::to_string(getpid());
  link_signer links{std::vector<std::byte>(32, std::byte{7}), "/blobs"};
  std::unique_ptr<store> blobs = make_folder_store(folder, links);

  ~folder_bench() { fs::remove_all(folder); }
  store& subject() { return *blobs; }
  std::string fetch(const std::string& link) {
    const auto slash = link.find('/', 1), until = link.find("?until="), signature = link.find("&signature=");
    const auto id =
        links.check(link.substr(slash + 1, until - slash - 1), link.substr(until + 7, signature - until - 7),
                    link.substr(signature + 11), system_clock().now());
    if (!id) return "refused";
    const auto bytes = io.run(blobs->get(*id));
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
  }
};

}  // namespace

namespace tandem::blob {
INSTANTIATE_TYPED_TEST_SUITE_P(Folder, BlobConformance, folder_bench);
}  // namespace tandem::blob

TEST(FolderStore, AHalfWrittenFileIsNeverABlobAndFilesAreOurs) {
  folder_bench bench;
  const auto id = bench.io.run(bench.blobs->put(bytes_of("whole")));
  const auto path = bench.folder / id.substr(0, 2) / id;
  std::ofstream(path.string() + ".1-1.part") << "wh";
  const auto listed = bench.io.run(bench.blobs->list({}, 10));
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].id, id);
  struct stat about{};
  ASSERT_EQ(stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST(LinkSigner, AnOddSignatureOrTimeIsForgedAndDoesNoHarm) {
  const link_signer links(std::vector<std::byte>(32, std::byte{7}), "/blobs");
  const std::string id(64, 'a');
  const auto now = system_clock().now();
  for (const std::string_view until : {"", "12x", "99999999999999999999999", "-1"}) {
    for (const std::string& signature :
         {std::string(), std::string("zz"), std::string(64, 'z'), std::string(64, '0')}) {
      EXPECT_EQ(links.check(id, until, signature, now), std::unexpected(link_error::forged));
    }
  }
}
