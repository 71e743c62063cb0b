package com.fnproject.lb.admin;

import com.fnproject.lb.StoredInputs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The fuzz targets for what operators send, on their stored inputs. */
@Timeout(10)
class AdminInputTest {

  private final AdminInputFuzz targets = new AdminInputFuzz();

  @Test
  void nodeBodiesAreTakenOrRefusedByName() throws Exception {
    StoredInputs.run(AdminInputFuzz.class, "nodeBody", targets::nodeBody);
  }

  @Test
  void queriesAreTakenOrRefusedByName() throws Exception {
    StoredInputs.run(AdminInputFuzz.class, "since", targets::since);
  }
}
