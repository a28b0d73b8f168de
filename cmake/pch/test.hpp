#pragma once
#include <gtest/gtest.h>

#include "product.hpp"
