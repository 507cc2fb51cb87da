using Edge.Engine;
using Edge.Engine.Forwarding;
using Edge.Engine.Health;
using Edge.Rest.Explorer;
using Edge.Rest.Hosting;
using Edge.Rest.Specification;

namespace Edge.Rest.Gateway;

/// <summary>All routes that Orthanc does not have, area by area.</summary>
public static class GatewayFace
{
    public static Route[] Routes(EdgeEngine engine, HealthMonitor health, ForwardingPump forwarding) =>
    [
        .. new Health(engine, health).Routes(),
        .. new Forwarding(forwarding).Routes(),
        .. new BuiltInPage(engine.Options.Http).Routes(),
        .. new SpecificationRoutes(engine.EdgeVersion).Routes(),
    ];

    /// <summary>The routes of the listener that health and metrics have to themselves.</summary>
    public static Route[] HealthRoutes(EdgeEngine engine, HealthMonitor health) => new Health(engine, health).RoutesWithMetrics();
}
