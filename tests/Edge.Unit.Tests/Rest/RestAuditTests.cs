using Edge.Core.Auditing;
using Edge.Rest.Gateway;
using Xunit;

namespace Edge.Unit.Tests.Rest;

public sealed class RestAuditTests
{
    [Theory]
    [InlineData("GET", "/instances/{id}/file", 200, AuditAction.Read)]
    [InlineData("GET", "/statistics/x", 200, null)]
    [InlineData("GET", "/changes", 200, null)]
    [InlineData("GET", "/tools/metrics-prometheus", 200, null)]
    [InlineData("GET", "/studies/{id}/statistics", 200, AuditAction.Read)]
    [InlineData("GET", "/", 200, null)]
    [InlineData("GET", null, 404, null)]
    [InlineData("GET", null, 401, AuditAction.Read)]
    [InlineData("GET", "/system", 401, AuditAction.Read)]
    [InlineData("DELETE", "/studies/{id}", 200, AuditAction.Delete)]
    [InlineData("POST", "/tools/bulk-delete", 200, AuditAction.Delete)]
    [InlineData("POST", "/tools/find", 200, AuditAction.Query)]
    [InlineData("POST", "/modalities/{id}/query", 200, AuditAction.Query)]
    [InlineData("POST", "/modalities/{id}/store", 200, AuditAction.Send)]
    [InlineData("POST", "/instances", 200, AuditAction.Receive)]
    [InlineData("POST", "/studies/{id}/anonymize", 200, AuditAction.Change)]
    [InlineData("PUT", "/modalities/{id}", 200, AuditAction.Change)]
    [InlineData("POST", "/edge/forwarding/{destination}/pause", 200, AuditAction.Change)]
    public void RequestsAreNamedByWhatTheyDo(string method, string? route, int status, AuditAction? expected) => Assert.Equal(expected, RestAudit.ActionOf(method, route, status));
}
