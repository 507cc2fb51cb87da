namespace Edge.Engine.Runtime;

/// <summary>Stops and restarts the server that the engine runs in. The program implements it; both return at once, and requests under way are finished first.</summary>
public interface IServerControl
{
    /// <summary>Stops the server and starts it again with its configuration as it is now.</summary>
    void Restart();

    /// <summary>Ends the server.</summary>
    void Stop();
}
