document.getElementById("port").textContent = `served on port ${location.port}`;
