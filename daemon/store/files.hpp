#pragma once

#include <filesystem>
#include <string>

#include "common/time.hpp"

// Files that must be where we put them after a power cut. All throw std::system_error or SQLite::Exception.
namespace portd::store {

using Path = std::filesystem::path;

// "portd.db" + "-wal".
Path beside(const Path& file, const std::string& suffix);

// 0700, parents too, and its entry synced. Nothing happens when it is there.
void create_private_folder(const Path& folder);

// Empty and 0600, so that SQLite gives its -wal the same mode. Nothing happens when it is there.
void create_private_file(const Path& file);

// Through SQLite's file layer, so that what happens to a database file happens to this one.
void sync_database_file(const Path& file);

// Makes creations, removals and renames in it durable.
void sync_folder(const Path& folder);

// A database consists of up to three files.
void remove_database(const Path& database);

// "20261124T030405.678Z": for file names; sorts by time.
std::string file_stamp(TimePoint time);

TimePoint wall_now();

}  // namespace portd::store
