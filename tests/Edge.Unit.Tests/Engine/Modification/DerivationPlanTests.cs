using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Engine.Ingest;
using Edge.Engine.Modification.Deriving;
using Xunit;

namespace Edge.Unit.Tests.Engine.Modification;

public sealed class DerivationPlanTests
{
    [Theory]
    [InlineData(OriginKind.Lua)]
    [InlineData(OriginKind.RestApi)]
    public void WhoAskedOutlivesARestart(OriginKind kind) => Assert.Equal(new IngestOrigin(kind, "10.0.0.1", Username: "alice"), Read(Saved(kind)).Origin);

    [Fact]
    public void PlansThatDoNotSayWhoAskedAreOfClients()
    {
        JsonObject saved = Saved(OriginKind.Lua);
        saved.Remove("origin");
        Assert.Equal(OriginKind.RestApi, Read(saved).Origin.Kind);
    }

    private static JsonObject Saved(OriginKind kind)
    {
        DerivationPlan plan = new() { Resources = ["a"], Instances = ["b"], KeepSource = true, Permissive = false, Origin = new IngestOrigin(kind, "10.0.0.1", Username: "alice"), Key = [1, 2] };
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            plan.Write(json);
            json.WriteEndObject();
        }

        return JsonNode.Parse(Encoding.UTF8.GetString(buffer.WrittenSpan))!.AsObject();
    }

    private static DerivationPlan Read(JsonObject saved)
    {
        using JsonDocument document = JsonDocument.Parse(saved.ToJsonString());
        return DerivationPlan.Parse(document.RootElement);
    }
}
