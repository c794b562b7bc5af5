# Short cuts. The build itself is CMake (CMakeLists.txt, CMakePresets.json).
.DEFAULT_GOAL := all
SEEDS ?= 20

all: configured
	@ninja -C build

configured: packages-build
	@test -f build/build.ninja || cmake --preset release >build.log 2>&1 || \
	    { cat build.log; rm -f build.log; exit 1; }
	@rm -f build.log

# The whole job on real traffic: two organisations on this machine. Without
# the tests it is built in half the time.
PROGRAMS := d4-sensor d4-hub d4-relay d4-sanitize d4-policy d4-misp-export
demo: packages-run configured
	@ninja -C build $(PROGRAMS)
	@demo/run $(if $(KEEP),--keep)

# Every test; with PRESET=ci under ASan and UBSan, warnings as errors.
PRESET ?= release
# One more than there are cores: many tests wait for servers.
JOBS ?= $(shell expr $$(nproc) + 1)
builddir = build$(if $(filter-out release,$(PRESET)),/$(PRESET))
test: packages-run packages-test packages-build
	@cmake --preset $(PRESET) >/dev/null
	@ninja -C $(builddir)
	@ctest --test-dir $(builddir) --output-on-failure -j$(JOBS)

# d4-sensor alone, static: one file for a small machine.
sensor-static: packages-build
	@cmake --preset sensor-static >/dev/null
	@ninja -C build/sensor-static
	@ls -l build/sensor-static/bin/d4-sensor

# The same for other machines (ARCH="arm64 s390x"), tested under qemu-user.
cross: packages-run packages-test packages-cross
	@tests/cross $(ARCH)

# More random cases for the properties than `make test` runs.
prop: packages-test all
	@D4_CASES=1000000 ctest --test-dir build --output-on-failure -R '^prop\.'

bench: packages-run packages-test all
	@tests/bench/run

# Breaks everything at random and counts records: SEEDS=n runs, docs/torture.md.
torture: packages-run packages-test all
	@tests/it/torture --seeds $(SEEDS)

lint: packages-lint packages-test packages-build
	@tests/lint/run

format: packages-lint
	@git ls-files '*.c' '*.h' | xargs clang-format -i

# Fuzz every target for FUZZ_SECONDS each (clang, libFuzzer).
FUZZ_SECONDS ?= 60
fuzz: packages-lint packages-build
	@cmake --preset fuzz >/dev/null
	@ninja -C build/fuzz
	@tests/fuzz/run build/fuzz $(FUZZ_SECONDS)

install: all
	@cmake --install build

clean:
	rm -rf build

packages-%:
	@scripts/packages $*

.PHONY: all configured demo test sensor-static cross prop bench torture lint format fuzz install clean
