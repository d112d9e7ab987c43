#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace portd::api {

// Bytes that came in and are not used up. Grows to what one head needs, and is used again for every request.
class InputBuffer {
 public:
  std::string_view bytes() const { return {storage_.data() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  // Room for at least `room` more bytes; moves what is there, so earlier views end.
  void reserve(std::size_t room) {
    if (storage_.size() - end_ >= room) return;
    std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (storage_.size() - end_ < room) storage_.resize(end_ + room);
  }
  std::span<char> room() { return {storage_.data() + end_, storage_.size() - end_}; }
  void add(std::size_t count) { end_ += count; }

  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Takes out `count` bytes that stand `at` bytes behind the front; what stands before them stays where it is.
  void erase(std::size_t at, std::size_t count) {
    char* const place = storage_.data() + begin_ + at;
    std::memmove(place, place + count, end_ - begin_ - at - count);
    end_ -= count;
  }

 private:
  std::vector<char> storage_ = std::vector<char>(4096);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace portd::api
