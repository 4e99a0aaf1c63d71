#include "report/report.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace gunflint {

std::string render(const RunView& view, Format format, const RenderOptions& options) {
  switch (format) {
    case Format::Html:
      return html_report(view);
    case Format::Markdown:
      return markdown_report(view);
    case Format::Junit:
      return junit_report(view, options.soft);
    case Format::Json:
      break;
  }
  return json_report(view);
}

std::string default_file_name(Format format) {
  switch (format) {
    case Format::Html:
      return "report.html";
    case Format::Markdown:
      return "report.md";
    case Format::Junit:
      return "junit.xml";
    case Format::Json:
      break;
  }
  return "report.json";
}

Result<void> write_report(const RunView& view, Format format, const std::string& path,
                          const RenderOptions& options) {
  return write_document(render(view, format, options), path);
}

Result<void> write_document(const std::string& text, const std::string& path) {
  const std::string beside = path + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return fail_errno(errno, "write the report to " + path);
  std::size_t done = 0;
  int problem = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(fd, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      problem = errno;
      break;
    }
    done += static_cast<std::size_t>(written);
  }
  if (::close(fd) != 0 && problem == 0) problem = errno;
  if (problem == 0 && std::rename(beside.c_str(), path.c_str()) != 0) problem = errno;
  if (problem == 0) return {};
  ::unlink(beside.c_str());
  return fail_errno(problem, "write the report to " + path);
}

}  // namespace gunflint
