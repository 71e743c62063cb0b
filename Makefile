# Short names for what Maven and the scripts do. `make help` lists them.
VERSION := $(shell sed -n 's:^  <version>\(.*\)</version>:\1:p' pom.xml)
REVISION := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
IMAGE ?= fnproject/fnlb
TARGET ?= target/image-root
ARGS ?=
DIST := fnlb-$(VERSION)
# Two packs of one commit are equal where tar is GNU's.
TAR_FLAGS := $(shell tar --version 2>/dev/null | grep -q GNU && \
  echo --sort=name --owner=0 --group=0 --numeric-owner --mtime=2026-11-23T00:00:00Z)

.DEFAULT_GOAL := help
.PHONY: help build test run demo format freeze-spi dist image-root docker-build clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

build: ## compile and pack the jars, without tests
	mvn -B -ntp -Dmaven.test.skip=true package

test: ## everything that must pass: compile, checks, all tests
	mvn -B -ntp verify

run: ## start the load balancer: make run ARGS='--nodes a:8080,b:8080'
	./fnlb $(ARGS)

demo: ## three simulated Fn nodes, a balancer and traffic
	./fnlb demo $(ARGS)

format: ## put the sources into the house's format
	JAVA_HOME="$$(FNLB_SHOW_JAVA=1 ./fnlb)" mvn -B -ntp -q -pl '!fnlb-plugins/sample' spotless:apply

freeze-spi: ## hold the SPI as it is now as what later builds must keep; only before its release
	mvn -B -ntp -q -pl fnlb-spi -am -Dmaven.test.skip=true package
	cp fnlb-spi/target/fnlb-spi-$(VERSION).jar fnlb-spi/src/frozen/fnlb-spi-1.jar
	rm -rf target/frozen && mkdir -p target/frozen/META-INF/services
	echo com.example.frozen.Spi1 >target/frozen/META-INF/services/com.fnproject.lb.spi.RoutingPolicyProvider
	jdk="$$(FNLB_SHOW_JAVA=1 ./fnlb)" && frozen=fnlb-server/src/test/resources/frozen && \
	  "$$jdk/bin/javac" --release 17 -cp fnlb-spi/src/frozen/fnlb-spi-1.jar -Xlint:-classfile -d target/frozen $$frozen/Spi1.java && \
	  "$$jdk/bin/jar" --create --no-manifest --date=2026-11-23T00:00:00Z --file=$$frozen/spi-1.jar -C target/frozen .

dist: build ## dist/fnlb-VERSION.tar.gz: launcher, jars, documents
	deploy/image/layout.sh --dist "target/$(DIST)"
	rm -rf dist && mkdir dist
	tar $(TAR_FLAGS) -cf - -C target "$(DIST)" | gzip -n > "dist/$(DIST).tar.gz"
	@echo "dist/$(DIST).tar.gz"

image-root: build ## what the image holds, in a folder: make image-root TARGET=folder
	deploy/image/layout.sh "$(TARGET)"

docker-build: ## the image, as fnproject/fnlb:VERSION and :latest
	docker build --build-arg VERSION="$(VERSION)" --build-arg REVISION="$(REVISION)" \
	  -t "$(IMAGE):$(VERSION)" -t "$(IMAGE):latest" .

clean: ## remove what was built
	mvn -B -ntp -q clean
	rm -rf dist
